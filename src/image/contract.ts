import path from 'node:path'
import type { Application } from '../application/layouts/layout.js'
import { withQuarkusSupport } from '../application/layouts/quarkus.js'
import type { ImageConfig } from '../docker/inspect.js'
import { DOCS, Failure } from '../lib/errors.js'
import { CRAC_DIR, HOME_DIR, JAVA_LINK, JDK_DIR } from '../lib/image-paths.js'
import { mainClassIn } from './start/argument-files.js'
import { isShellCommand } from './start/shell.js'
import { CRAC_OPTION, cracOptionIn, LEAVE_TO_ACTION } from './jvm-variables.js'

/** Folders of the finished image that must not change after the checkpoint. */
const KEPT = [CRAC_DIR, JAVA_LINK, JDK_DIR, HOME_DIR, '/tmp']

/** Where an image comes from: the user's Dockerfile (`file`), or the input `image`. */
export interface Origin {
  /** Words in which a message names the image. */
  name: string
  layout: 'dockerfile' | 'image'
  description: string
  page: string
  /** What to do about a start that is not understood, for each kind. */
  fixes: Record<'nothing' | 'shell' | 'program' | 'volume' | 'onBuild', string>
}

const COMMAND = 'Or set `command` to the java command that it finally runs, such as `java -jar /app/app.jar`.'

/** The image that the user's Dockerfile builds. */
export const OF_DOCKERFILE: Origin = {
  name: 'The image of your Dockerfile',
  layout: 'dockerfile',
  description: 'Dockerfile of your own',
  page: `${DOCS}/dockerfile.md`,
  fixes: {
    nothing: 'End it with `ENTRYPOINT ["java", "-jar", "/path/of/app.jar"]`.',
    shell: `Use the exec form, \`ENTRYPOINT ["java", "-jar", "/path/of/app.jar"]\`: a restore needs the same process ids, and the shell would use one of them. Options can be in the input \`java-options\`, and variables in ENV. ${COMMAND}`,
    program: `Begin ENTRYPOINT with "java": the entry script of the finished image replaces it. A script may be one command with java, or end with \`exec "$@"\` in front of java and set no variables; its ENTRYPOINT can be reset with \`ENTRYPOINT []\`. ${COMMAND}`,
    volume: `Remove volumes on ${KEPT.join(', ')}: they would hide files that the restore needs.`,
    onBuild:
      'Remove them: they would run again in the images that the action builds. ONBUILD of the image after FROM is not affected, as it has run already.'
  }
}

/** Returns the image of the input `image`. */
export function ofImage(reference: string): Origin {
  const command =
    'Set `command` to the java command that it finally runs, such as `java -jar /app/app.jar`: `docker top` shows it while the image runs.'
  return {
    name: `The image ${reference}`,
    layout: 'image',
    description: `image ${reference}`,
    page: `${DOCS}/image.md`,
    fixes: {
      nothing: command,
      shell: `${command} A restore needs the same process ids, and the shell would use one of them.`,
      program: `${command} The entry script of the finished image replaces ENTRYPOINT.`,
      volume: `Build it without volumes on ${KEPT.join(', ')}: they would hide files that the restore needs.`,
      onBuild: 'Build it without them: they would run in the images that the action builds.'
    }
  }
}

/** The application in an image, and where it starts. */
export interface ApplicationInImage {
  application: Application
  workingDirectory: string
}

/**
 * Returns the application in an image, by its start command; `problem` is why it is not known what that starts. Throws a Failure if the
 * image breaks the contract.
 */
export function checkContract(
  config: ImageConfig['Config'],
  [program = '', ...given]: readonly string[],
  origin: Origin,
  problem?: string
): ApplicationInImage {
  const words = withQuarkusSupport(given)
  const { fixes } = origin
  const broken = (what: string, fix: string): Failure => brokenBy(origin, what, fix)
  if (program === '') throw broken('has neither ENTRYPOINT nor CMD', fixes.nothing)
  const why = problem === undefined ? '' : `: ${problem}`
  if (isShellCommand([program, ...words])) {
    const what = `starts its application through a shell, with more than one simple command${why}`
    throw broken(what, fixes.shell)
  }
  if (path.posix.basename(program) !== 'java') {
    throw broken(`starts with ${program}, not with java${why}`, fixes.program)
  }
  const odd = words.findIndex((word) => word === '' || /[\n\0]/.test(word))
  if (odd !== -1) {
    throw broken(
      `has an argument of java ${words[odd] === '' ? 'without text' : 'with a line break'}, behind ${words[odd - 1] ?? 'java'}`,
      'Remove it: the entry script of the finished image reads one argument from each line of a file.'
    )
  }
  const crac = words.find((word) => CRAC_OPTION.test(word))
  if (crac !== undefined) throw broken(`sets ${crac}`, LEAVE_TO_ACTION)
  const inVariable = cracOptionIn(config.Env ?? [])
  if (inVariable !== undefined) throw broken(inVariable, LEAVE_TO_ACTION)
  const hidden = Object.keys(config.Volumes ?? {}).find((volume) =>
    KEPT.some((kept) => overlap(volume, kept))
  )
  if (hidden !== undefined) throw broken(`has a VOLUME on ${hidden}`, fixes.volume)
  if (config.OnBuild?.length) throw broken('has ONBUILD instructions', fixes.onBuild)
  return {
    application: {
      layout: origin.layout,
      description: `${origin.description} (java ${withoutValues(words)})`.slice(0, 200),
      mainClass: mainClassIn(words) ?? '',
      command: words,
      dependencies: new Map(),
      classes: new Map(),
      packed: new Set(),
      files: new Map()
    },
    workingDirectory: config.WorkingDir || '/'
  }
}

/** Returns the Failure of an image that breaks the contract. */
export function brokenBy({ name, page }: Origin, what: string, fix: string): Failure {
  return new Failure('image', `${name} ${what}.`, { fix: `${fix} (${page} has the contract.)` })
}

/** Returns the words up to the application, without the values of properties: these and the arguments may be secrets. */
function withoutValues(words: readonly string[]): string {
  const isJar = words.includes('-jar')
  const last = isJar ? words.indexOf('-jar') + 1 : words.indexOf(mainClassIn(words) ?? '')
  return words
    .slice(0, last + 1)
    .map((word) => word.replace(/^(-D[^=]{0,200})=.*$/s, '$1=...'))
    .join(' ')
}

function overlap(a: string, b: string): boolean {
  const [x, y] = [a, b].map((folder) => `${path.posix.normalize(folder).replace(/\/$/, '')}/`) as [
    string,
    string
  ]
  return x.startsWith(y) || y.startsWith(x)
}
