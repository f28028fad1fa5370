import { pushedBytes, type Metadata } from '../bench/action.js'
import { openWorld } from '../lab/open-world.js'
import { progressOnStderr } from '../lab/progress.js'
import { runStep } from '../lab/runner.js'
import { ensureSample, SAMPLES, withDatabase, type Sample } from '../lab/samples.js'
import type { World } from '../lab/world.js'

// `npm run samples`: the action on every sample, and what it measured as a table of Markdown on stdout. The times are
// those of the proof: from the start of a container to the first good answer. Pushed is the size of all layers at the registry.
// `npm run samples -- NAME...`: on these samples.

const world = await openWorld(process.argv, progressOnStderr)
try {
  const rows: string[][] = []
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'))
  for (const sample of SAMPLES)
    if (wanted.length === 0 || wanted.includes(sample.name)) rows.push(await measure(world, sample))
  const head = [
    'sample',
    'cold start',
    'with archive',
    'restore',
    'speed-up',
    'snapshot',
    'archive',
    'pushed'
  ]
  const table = [head, ['---', ...head.slice(1).map(() => '---:')], ...rows]
  console.log(table.map((cells) => `| ${cells.join(' | ')} |`).join('\n'))
} finally {
  await world.close()
}

async function measure(world: World, sample: Sample): Promise<string[]> {
  const context = await ensureSample(sample, world, progressOnStderr)
  const tags = `${world.registry}/samples/${sample.name}:${process.pid}`
  progressOnStderr(`${sample.name}: checkpoint and restore ...`)
  const step = sample.database
    ? await withDatabase(
        world,
        `samples-${process.pid}`,
        progressOnStderr,
        async ({ network, variables }) => await act(world, { context, tags, network, env: lines(variables) })
      )
    : await act(world, { context, tags })
  const { outputs } = step
  if (step.exitCode !== 0) throw new Error(step.log.split('\n').slice(-40).join('\n'))
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  const archive = outputs['archive-start'] ?? ''
  const metadata = JSON.parse(outputs['metadata'] ?? '') as Metadata
  return [
    `[${sample.name}](samples/${sample.name})`,
    `${outputs['cold-start']} ms`,
    archive === '' ? 'none' : `${archive} ms`,
    `${outputs['restore-time']} ms`,
    `${outputs['speedup']}`,
    megabytes(Number(outputs['snapshot-size'])),
    megabytes(Number(outputs['archive-size'])),
    megabytes(pushedBytes({ metadata }).all)
  ]
}

async function act(world: World, inputs: Record<string, string>): ReturnType<typeof runStep> {
  return await runStep({
    inputs: {
      ...world.inputs,
      // A busy machine is measured too.
      'startup-timeout': '5m',
      'verify-runs': '5',
      push: 'true',
      ...inputs
    },
    environment: world.environment,
    workspace: process.cwd(),
    toolCache: world.toolCache
  })
}

function lines(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
}
