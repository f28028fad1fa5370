import path from 'node:path'
import { attempt } from '../../lab/command.js'
import { PROJECT } from '../../lab/home.js'
import { inputVariables } from '../../lab/runner.js'
import type { Measurement } from '../bench.js'
import { byTurns, median, timed } from '../rounds.js'

export const start: Measurement = {
  title: 'the start of the program',
  conditions: [
    'dist/index.cjs with a `port` that is not a number, so that it ends as soon as it has read its inputs; against `node -e 0`.'
  ],
  run: async (bench) => {
    const env = {
      ...process.env,
      ...(await inputVariables({ port: 'none' })),
      RUNNER_TEMP: bench.folder,
      RUNNER_TOOL_CACHE: bench.folder
    }
    const action = async (): Promise<number> =>
      await timed(async () => {
        const { code, stdout } = await attempt('node', [path.join(PROJECT, 'dist/index.cjs')], { env })
        if (code !== 1 || !stdout.includes('`port`')) throw new Error(`not refused, but ${code}: ${stdout}`)
      })
    const node = async (): Promise<number> => await timed(() => attempt('node', ['-e', '0']))
    const times = await byTurns(bench.rounds(20), { node, action }, { warmUp: true })
    return {
      rows: [
        { name: 'node -e 0', unit: 'ms', values: times.node },
        { name: 'dist/index.cjs', unit: 'ms', values: times.action }
      ],
      targets: [
        {
          claim: 'dist/index.cjs starts in at most five times the time of `node -e 0`',
          ratio: median(times.action) / median(times.node),
          limit: 5,
          why: 'the bundle is read and compiled at every start'
        }
      ]
    }
  }
}
