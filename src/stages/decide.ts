import { fingerprintOf } from '../image/fingerprint.js'
import { FINGERPRINT_LABEL } from '../image/labels.js'
import { imageValues } from '../inputs/read-inputs.js'
import type { JdkArchive } from '../jdk/install.js'
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
    const own = await fingerprintOf({
      version: world.version,
      dockerFolder: world.dockerFolder,
      base: found.base,
      jdkSha256: archive.sha256,
      application: found.application,
      workspace: world.workspace,
      warmup: inputs.warmup,
      warmupScript: inputs.warmupScript,
      inputs: imageValues(inputs)
    })
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
