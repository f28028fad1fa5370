import { lastLines } from '../docker/failure.js'
import { DOCS, Failure } from '../lib/errors.js'
import { BUILD_PROBLEM } from '../lib/image-paths.js'
import { noShellFailure } from '../runner/base-image.js'

const IN_THE_WAY =
  'Remove what the base image has at /opt/crac-checkpoint, /opt/crac-java, /opt/jdk, /app and /home/app, or use another base.'

/** Returns the failure in the lines of docker/tools/; undefined if there is none. */
export function toolsFailure(output: string): Failure | undefined {
  const [, problem, details = ''] = BUILD_PROBLEM.exec(output) ?? []
  switch (problem) {
    case undefined:
      return undefined
    case 'NO-CRIU':
      return new Failure('image', `CRIU is not available: ${details}.`, {
        fix:
          'Use a base that is Debian 13 or newer, or that has CRIU 4.1 or newer and setcap: `base-image: debian:trixie-slim`, or that name after FROM ' +
          `in your Dockerfile. It needs no JDK, as the action adds one. (${DOCS}/dockerfile.md has the contract.) Or set \`criu-image\`, if glibc of ` +
          `the base is 2.38 or newer (${DOCS}/decisions/criu.md).`
      })
    case 'NO-PACKAGES':
      return new Failure('image', `The base image cannot install packages: ${details.replace(/\.?$/, '.')}`, {
        fix: 'Check that the Docker engine reaches the package archive of the base image (a proxy, a mirror), and run the job again; or use a base image that has CRIU 4.1 or newer and setcap, or `criu-image`.',
        evidence: lastLines(output, 20)
      })
    case 'NO-PLACE':
      return new Failure(
        'image',
        `The action could not add its files to the base image: ${details} is there.`,
        { fix: IN_THE_WAY }
      )
    case 'NO-ENGINE':
      return new Failure('jdk', `The JDK has no engine ${details}.`, {
        fix: 'Leave `engine` at `auto`. Only builds of Azul (`distribution: zulu`) have Warp, and not all of them.'
      })
    default:
      return new Failure('jdk', `The JDK cannot take checkpoints: ${details}`, {
        fix: 'Choose another `java-version`. The archive has to be a JDK with CRaC, for Linux with glibc.'
      })
  }
}

/** A step of a Dockerfile that failed: its command ended with an exit code, or the builder refused it. */
export type FailedStep = { command: string; exitCode: number; lastLine: string } | { problem: string }

/** Command and exit code, as BuildKit and the classic builder print them. */
const ENDED = [
  /process "(?:\/bin\/(?:ba)?sh -c )?([^\n]+?)" did not complete successfully: exit code: (\d+)/,
  /The command '(?:\/bin\/(?:ba)?sh -c )?([^\n]+?)' returned a non-zero code: (\d+)/
]

/** Problems that no command has, in the text of BuildKit. */
const PROBLEM =
  /^ERROR: failed to (?:build: failed to )?solve: (?!process )((?:[^\n]*(?:dockerfile parse error|target stage|failed to compute cache key|failed to calculate checksum|secret |no match for platform|unknown instruction|cannot (?:replace|copy)|circular dependency|invalid reference|can't find|exec format error)[^\n]*))/m

/** Problem of an instruction in the text of the classic builder. */
const CLASSIC_PROBLEM = /^((?:COPY|ADD) failed: [^\n]+)/m

/** Returns the step that failed in the output of a build; undefined where it shows none. */
export function failedStep(output: string): FailedStep | undefined {
  for (const pattern of ENDED) {
    const [, command, exitCode] = pattern.exec(output) ?? []
    if (command !== undefined) return { command, exitCode: Number(exitCode), lastLine: lastLineOf(output) }
  }
  const problem = (PROBLEM.exec(output) ?? CLASSIC_PROBLEM.exec(output))?.[1]
  return problem === undefined ? undefined : { problem }
}

/** Returns the last line that the failed step wrote. */
function lastLineOf(output: string): string {
  const step = /^#(\d+) ERROR: process /m.exec(output)?.[1]
  const written =
    step === undefined ? [] : [...output.matchAll(new RegExp(`^#${step} \\d+\\.\\d+ (.*\\S.*)$`, 'gm'))]
  return written.at(-1)?.[1]?.trim() ?? ''
}

/** Exit code of a process that the kernel ended, usually for lack of memory: 128 + SIGKILL. */
const KILLED = 137

/** Returns the failure of a step of docker/Dockerfile; undefined where no step failed. */
export function stepFailure(step: FailedStep | undefined, output: string): Failure | undefined {
  const evidence = lastLines(output, 20)
  const shell = noShellFailure(output)
  if (shell || step === undefined) return shell
  if ('problem' in step) {
    const [, file] =
      /cannot (?:replace|copy) to (?:non-)?directory:? \S*?(\/opt\/\S+|\/home\/\S+|\/app\S*|\/etc\/\S+)/.exec(
        step.problem
      ) ?? []
    return new Failure(
      'image',
      `The action could not add its files to the base image: ${file ?? step.problem}.`,
      { fix: IN_THE_WAY, evidence }
    )
  }
  const why = step.exitCode === KILLED ? ' (the kernel ended it, usually because the memory is full)' : ''
  return new Failure(
    step.exitCode === KILLED ? 'runner' : 'image',
    `A step of the action in the base image, \`${step.command}\`, ended with exit code ${step.exitCode}${why}${step.lastLine === '' ? '' : `: ${step.lastLine}`}.`,
    {
      fix: 'Use a base that is Debian 13 or newer or similar to it, in `base-image` or after FROM in your Dockerfile. The lines below are the end of the build.',
      evidence
    }
  )
}

/** Returns a sentence about the step of the user's Dockerfile that failed. */
export function describeStep(step: FailedStep): string {
  if ('problem' in step) return `The builder says: ${step.problem}.`
  const line = step.lastLine === '' ? '' : `: ${step.lastLine}`
  return `\`RUN ${step.command}\` ended with exit code ${step.exitCode}${line}.`
}
