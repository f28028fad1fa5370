import { criuLimits, limitedHosts, type CriuHost } from '../diagnosis/criu-limits.js'
import { diagnose } from '../diagnosis/diagnose.js'
import { runOnce } from '../docker/containers.js'
import type { Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { lastLines } from '../docker/failure.js'
import { climb, type Privileges } from '../docker/privileges.js'
import { CRAC_DIR, MARKERS, SCRIPTS } from '../lib/image-paths.js'
import { Failure, UnsupportedRunner } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'
import { parseTrials, type Trial } from './trials.js'

/** Engine that takes the snapshot. */
export type CheckpointEngine =
  | { name: 'warp' }
  | {
      name: 'criu'
      kind: CriuKind
      version: string
      /** Reason for the choice, for the log. */
      why: string
      /** The privilege level with which it worked, and the levels above. */
      privileges: Privileges[]
    }

/** `bundled`: the JDK's own CRIU; `system`: that of the base image; `image`: that of `criu-image`, where the base image has another. */
export type CriuKind = 'bundled' | 'image' | 'system'

export interface EngineInputs {
  engine: 'auto' | 'criu' | 'warp'
  criu: 'auto' | 'bundled' | 'system'
}

/** The machine that the trials run on. */
export interface TrialHost extends CriuHost {
  /** Duration of the first start of a container, which shows how slow the machine is; undefined if none was started. */
  containerStart: Milliseconds | undefined
}

/** Limit for the trial of one CRIU, which may hang (docker/checkpoint/try-criu.sh); a slow machine has more time. */
const TRIAL_TIMEOUT: Milliseconds = 10_000

/** Order of preference: the CRIU of the base image comes with its libraries, and CRaC JDKs bundle 3.17.1, which is old. */
const PREFERRED: readonly CriuKind[] = ['system', 'image', 'bundled']

const OWNERS: Record<string, string> = {
  system: "The base image's",
  image: "The criu-image's",
  bundled: "The JDK's"
}

/**
 * Finds the CRIU and the least privileges that work on this runner: each CRIU of the checkpoint image has to dump a
 * sleeping process. Throws UnsupportedRunner where none works.
 */
export async function chooseEngine(
  context: Pick<Context, 'id' | 'docker' | 'log'>,
  request: EngineInputs,
  levels: readonly Privileges[],
  host: TrialHost
): Promise<CheckpointEngine> {
  const info = (line: string): void => context.log.info(line)
  const warp = (): CheckpointEngine => {
    info('Using Warp, the checkpoint engine inside the JVM.')
    return { name: 'warp' }
  }
  if (request.engine === 'warp') return warp()
  const kinds = request.criu === 'auto' ? PREFERRED : [request.criu]
  const failed: { level: string; trial: Trial }[] = []
  return await climb<Privileges, CheckpointEngine>(
    levels,
    async (privileges, fromHere) => {
      const { engines, trials } = await tryLevel(context, privileges, host)
      if (request.engine === 'auto' && !engines.includes('criu') && engines.includes('warp')) return warp()
      const candidates = kinds.flatMap((kind) => trials.filter((trial) => trial.kind === kind))
      for (const trial of candidates) {
        if (trial.failure) failed.push({ level: privileges.level, trial })
        info(
          `${describe(trial)}, with privilege level ${privileges.level}: ${trial.failure?.reason ?? 'works'}.`
        )
      }
      if (candidates.length === 0) throw noCriu(request.criu)
      const works = candidates.find(({ failure }) => failure === undefined)
      if (!works) throw noneWorks(failed, host)
      const { kind, version } = works
      const why = reasonFor(works, request, candidates)
      info(`Using CRIU ${version} (${kind}): ${why}.`)
      return { name: 'criu', kind: kind as CriuKind, version, why, privileges: fromHere }
    },
    (_, { level }) =>
      failed.some(
        (one) => one.level === level && one.trial.failure?.finding?.signature?.remedy === 'privileges'
      )
  )
}

function describe({ kind, version }: Pick<Trial, 'kind' | 'version'>): string {
  return `${OWNERS[kind] ?? kind} CRIU ${version}`
}

function reasonFor(works: Trial, { criu }: EngineInputs, candidates: readonly Trial[]): string {
  if (criu !== 'auto') return `\`criu: ${criu}\``
  const others = candidates.filter((trial) => trial !== works)
  if (others.length === 0) return 'it is the only one, and it works here'
  const fails = others.find(({ failure }) => failure !== undefined)
  return fails
    ? `the ${fails.kind} one (${fails.version}) fails here: ${fails.failure?.reason}`
    : `${others.length > 1 ? 'all' : 'both'} work here, and it is preferred`
}

async function tryLevel(
  { id, docker }: Pick<Context, 'id' | 'docker'>,
  privileges: Privileges,
  { containerStart = 0 }: TrialHost
): Promise<{ engines: string[]; trials: Trial[] }> {
  const limit = Math.max(TRIAL_TIMEOUT, 3 * containerStart)
  const result = await runOnce(
    docker,
    {
      run: id,
      image: namesOf(id).image('checkpoint'),
      flags: privileges.checkpoint,
      program: `${CRAC_DIR}/${SCRIPTS.tryCriu}`,
      args: [privileges.capability, String(Math.ceil(limit / 1000))]
    },
    (PREFERRED.length + 1) * limit
  )
  const output = `${result.stdout}\n${result.stderr}`
  const trials = parseTrials(output)
  const engines = new RegExp(`^${MARKERS.engines} (.*)$`, 'm').exec(output)?.[1]?.split(' ') ?? []
  if (trials.length > 0 || engines.length > 0) return { engines, trials }
  // The container did not start: that counts as a failure of each CRIU in it.
  const finding = diagnose('dump', { docker: output })
  const reason = finding?.cause ?? lastLines(result.stderr, 1)
  const failure = { reason, finding }
  return { engines: ['criu'], trials: PREFERRED.map((kind) => ({ kind, version: '', failure })) }
}

function noCriu(wanted: string): Failure {
  const [what, kind, fix] =
    wanted === 'bundled'
      ? ([
          'The JDK has no CRIU of its own (lib/criu).',
          'jdk',
          'Leave `criu` at `auto`, or choose another `java-version`.'
        ] as const)
      : ([
          'The base image has no CRIU.',
          'image',
          'Use Debian 13 or newer as `base-image`, or another image with CRIU 4.1 or newer.'
        ] as const)
  return new Failure(kind, what, { fix })
}

function noneWorks(failed: readonly { level: string; trial: Trial }[], host: CriuHost): UnsupportedRunner {
  // The failure of the preferred CRIU with the least privileges is the most useful: higher levels may be refused for other reasons.
  const first = failed[0]?.trial
  const finding = first?.failure?.finding
  const known = first && /^\d/.test(first.version) ? criuLimits(host, first.version) : []
  return new UnsupportedRunner(
    `No CRIU works on this runner. ${first ? `${describe(first)}: ${first.failure?.reason}.` : ''}`.trim(),
    {
      fix:
        finding?.fix ??
        'Use another runner, such as a GitHub-hosted ubuntu-24.04, or a newer CRIU in the base image or in `criu-image`.',
      evidence: [
        ...known.map(
          (limit) => `known: CRIU before ${limit.fixedIn} on ${limitedHosts(limit)}: ${limit.reason}`
        ),
        ...failed.map(
          ({ level, trial }) =>
            `${level}, ${trial.kind} ${trial.version}: ${trial.failure?.finding?.line ?? trial.failure?.reason}`
        )
      ].join('\n'),
      signature: finding?.signature
    }
  )
}

/** Returns the name of the engine for the scripts in the images (docker/image/criu.sh). */
export function engineName(engine: CheckpointEngine, privileges: Privileges | undefined): string {
  return engine.name === 'criu' ? `${engine.kind}/${privileges?.capability ?? 'checkpoint_restore'}` : 'warp'
}
