import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { ensureBrowser, showSummary } from '../lab/browser.js'
import { PROJECT } from '../lab/home.js'
import { progressOnStderr } from '../lab/progress.js'
import { runStep } from '../lab/runner.js'
import { openLab } from '../lab/world.js'

// `npm run picture`: docs/images/summary.png, the job summary of a run on the sample application, as a browser shows it.
const file = path.join(PROJECT, 'docs/images/summary.png')

await ensureBrowser(progressOnStderr)
const world = await openLab(progressOnStderr)
try {
  const inputs = {
    ...world.inputs,
    context: world.context,
    tags: `${world.registry}/acme/micronaut-hello:crac`,
    push: 'true',
    warmup: 'GET / x200'
  }
  const { environment, toolCache } = world
  const run = { inputs, environment, toolCache, workspace: PROJECT }
  // Twice: what changed against the image before is a part of the picture.
  await runStep(run)
  const step = await runStep(run)
  if (step.exitCode !== 0) throw new Error(step.log)
  mkdirSync(path.dirname(file), { recursive: true })
  const { height } = await showSummary(step.summary, file)
  console.log(`${file}: ${height} pixels high`)
} finally {
  await world.close()
}
