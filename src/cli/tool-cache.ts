import { mkdirSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'

/** Returns the tool cache of a run without a runner, and makes it if it does not exist. */
export function toolCacheFolder(): string {
  const folder = process.env['RUNNER_TOOL_CACHE'] ?? path.join(homedir(), '.cache', 'crac-checkpoint')
  mkdirSync(folder, { recursive: true })
  // @actions/tool-cache reads these two itself.
  process.env['RUNNER_TOOL_CACHE'] = folder
  process.env['RUNNER_TEMP'] ??= tmpdir()
  return folder
}
