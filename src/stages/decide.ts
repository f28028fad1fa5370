import path from 'node:path'
import { fingerprint } from '../image/fingerprint.js'
import { FINGERPRINT_LABEL } from '../image/labels.js'
import type { JdkArchive } from '../jdk/install.js'
import { requestOf } from '../probe/request-lines.js'
import { publishedWith } from '../registry/published.js'
import type { Found } from './application.js'
import type { Run } from './run.js'

/** Whether there is anything to do: the fingerprint of all that goes in, and the digest that has it already. */
export async function decide(
  run: Run,
  found: Found,
  archive: JdkArchive
): Promise<{ fingerprint: string; unchanged: string | undefined }> {
  const { inputs, world, steps } = run
  return await steps.run('decide', 'Look for what changed', async () => {
    const own = await fingerprintOf(run, found, archive)
    world.log.info(`Fingerprint of everything that goes in: ${own}.`)
    if (!inputs.skipUnchanged) return { fingerprint: own, unchanged: undefined }
    const unchanged = await publishedWith(
      (tag) => world.repositories(tag, world.cancelled),
      inputs.tags,
      FINGERPRINT_LABEL,
      own,
      (line) => world.log.info(line)
    )
    world.log.info(
      unchanged ? `Nothing changed: ${unchanged} has it already.` : 'No image at the tags has it.'
    )
    return { fingerprint: own, unchanged }
  })
}

async function fingerprintOf({ inputs, world }: Run, found: Found, archive: JdkArchive): Promise<string> {
  const { application, base } = found
  const warmUp = await Promise.all((inputs.warmup ?? []).map((line) => requestOf(line, world.workspace)))
  const files = new Map([
    ...[...application.dependencies, ...application.classes].map(([from, to]): [string, string] => [
      from,
      `app/${to}`
    ]),
    [world.dockerFolder, 'docker'] as const
  ])
  if (inputs.warmupScript) files.set(path.resolve(world.workspace, inputs.warmupScript), 'warmup-script')
  return await fingerprint({
    files,
    values: [
      ...[world.version, base.digest, base.workingDirectory, archive.sha256, application.command],
      ...[inputs.javaOptions, inputs.arguments, inputs.env, inputs.labels, inputs.cpuFeatures, inputs.user],
      ...[inputs.port, inputs.onRestoreFailure, inputs.engine, inputs.criu, inputs.privileges],
      // An image that is there has passed these, or others.
      ...[inputs.verifyRuns > 0, inputs.budgets],
      // It changes nothing in the image, but one that nobody looked into is not what is asked for then.
      inputs.secretScan,
      ...[inputs.readiness.url, inputs.readiness.command, inputs.readiness.log?.source],
      warmUp.map((request, index) => [
        request,
        inputs.warmup?.[index]?.times,
        inputs.warmup?.[index]?.concurrency
      ])
    ]
  })
}
