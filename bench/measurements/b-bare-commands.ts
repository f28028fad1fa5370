import path from 'node:path'
import { type ActionRun, LEAST_PROOF, runAction } from '../action.js'
import { type BareRun, runBare, SAME_WORK } from '../bare-run.js'
import type { Bench, Measurement, Row } from '../bench.js'
import { DEVELOPERS_JDK } from '../developers-jdk.js'
import { recordDocker, type RecordedCommand, type Recording } from '../recorder/record.js'
import { byTurns, median } from '../rounds.js'

export const bareCommands: Measurement = {
  title: 'the action against the bare commands that it must run anyway',
  conditions: [
    "The commands are the action's own, recorded from a run of it in which Docker loads no layer, so that it commits and builds as a person would, and run again under other names: docker build, create, start, exec (garbage collection and jcmd), commit, build; then tag and docker push. The next one begins when the one before has ended, or the application has responded (polled every 10 ms, then one more request as warm-up), or the container has said that the snapshot is complete.",
    DEVELOPERS_JDK,
    'The bare commands get the context of the action, whose JDK is thinned already. They verify nothing, scan nothing and clean up nothing: no look-up of the JDK, no trial of CRIU, no restore, no cold start, no scan for secrets. Laying out the build context is not in their time.',
    'The same work of the action has the search for secrets in it: its phase `read-out` searches the image while it packs it.',
    'Caches are warm on both sides (a round before the first is not counted); both lay their context into a new folder each time, as jobs do. The action proves the restore as seldom as its inputs allow.'
  ],
  run: async (bench) => {
    const { world } = bench
    const tags = {
      bare: `${world.registry}/bench/bare:${bench.id}`,
      action: `${world.registry}/bench/action:${bench.id}`
    }
    const recording = await record(bench, tags.action)
    const bareRuns: BareRun[] = []
    const actionRuns: ActionRun[] = []
    const times = await byTurns(
      bench.rounds(3),
      {
        bare: async () => {
          const run = await runBare(bench, recording, tags.bare)
          bareRuns.push(run)
          return Object.values(run).reduce((sum, time) => sum + time, 0)
        },
        action: async () => {
          const run = await runAction(bench, tags.action, LEAST_PROOF)
          actionRuns.push(run)
          return run.milliseconds
        }
      },
      { warmUp: true }
    )
    const phases = phaseRows(actionRuns.slice(1))
    const pairs = SAME_WORK.map(({ name, phases: own }) => ({
      name,
      action: times.action.map((_, round) =>
        own.reduce((sum, phase) => sum + (phases.get(phase)?.[round] ?? NaN), 0)
      ),
      bare: bareRuns.slice(1).map((run) => run[name])
    }))
    const sameWork = times.action.map((_, round) =>
      pairs.reduce((sum, { action }) => sum + (action[round] ?? NaN), 0)
    )
    const same = new Set<string>(SAME_WORK.flatMap((work) => work.phases))
    const extra = [...phases].filter(([name]) => !same.has(name))
    const bare = median(times.bare)
    return {
      rows: [
        row('the bare commands', times.bare),
        row('the action', times.action),
        row(`of it, the same work (phases ${[...same].join(', ')})`, sameWork),
        ...pairs.flatMap((pair) => [
          row(`${pair.name}, by the bare commands`, pair.bare),
          row(`${pair.name}, by the action`, pair.action)
        ]),
        ...extra.map(([name, values]) => row(`${name}, by the action only`, values)),
        ...commandRows(recording.commands)
      ],
      targets: [
        {
          claim: 'the action takes at most 15 % longer than the bare commands',
          ratio: median(times.action) / bare,
          limit: 1.15,
          why: `what the bare commands leave out takes time: ${extra.map(([name, values]) => `${name} ${seconds(values)}`).join(', ')}`
        },
        {
          claim: 'its phases of the same work take at most 10 % longer',
          ratio: median(sameWork) / bare,
          limit: 1.1,
          why: pairs
            .filter((pair) => median(pair.action) > median(pair.bare))
            .map((pair) => `${pair.name} ${seconds(pair.action)} against ${seconds(pair.bare)}`)
            .join(', ')
        }
      ],
      notes: [
        'The rows `docker ...` are from the recorded run, before the caches are warm, and its recorder adds a shell to each command: they show where the time goes, and are not a part of the comparison.'
      ]
    }
  }
}

async function record(bench: Bench, tag: string): Promise<Recording> {
  const { environment } = bench.world
  return await recordDocker(path.join(bench.folder, 'record'), environment, (recorded) =>
    runAction(bench, tag, LEAST_PROOF, { environment: recorded })
  )
}

/** Name of a phase → its milliseconds, run by run. */
function phaseRows(runs: ActionRun[]): Map<string, number[]> {
  const phases = new Map<string, number[]>()
  for (const { metadata } of runs)
    for (const { name, milliseconds } of metadata.phases)
      phases.set(name, [...(phases.get(name) ?? []), milliseconds])
  return phases
}

/** The recorded commands by what they do, those that took longest first. */
function commandRows(commands: RecordedCommand[]): Row[] {
  const kinds = new Map<string, number[]>()
  for (const { arguments: args, milliseconds } of commands) {
    if (milliseconds === undefined) continue
    const target = args.indexOf('--target')
    const kind =
      target > 0 ? `build ${args[target + 1]}` : args.slice(0, args[0] === 'image' ? 2 : 1).join(' ')
    kinds.set(kind, [...(kinds.get(kind) ?? []), milliseconds])
  }
  return [...kinds]
    .map(([kind, all]) => ({
      name: `docker ${kind}, ${all.length === 1 ? 'once' : `${all.length} times together`}`,
      total: all.reduce((sum, time) => sum + time, 0)
    }))
    .sort((one, other) => other.total - one.total)
    .map(({ name, total }) => row(name, [total]))
}

function row(name: string, values: number[]): Row {
  return { name, unit: 'ms', values }
}

function seconds(values: number[]): string {
  return `${(median(values) / 1000).toFixed(1)} s`
}
