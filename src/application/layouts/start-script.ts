import { parseArgsStringToArgv } from 'string-argv'
import { APP_DIR } from '../../lib/image-paths.js'

/** What the start script of a distribution runs. */
export interface StartScript {
  /** The distribution, relative to the folder of the script. */
  home: string
  /** Main class; a jar of the distribution, if the script runs it by `-jar`. */
  main: { className: string } | { jar: string }
  /** Module of the main class, if it is run from the module path. */
  module: string | undefined
  /** Entries of the class path and of the module path, relative to the distribution. */
  classPath: string[]
  modulePath: string[]
  /** Options of the JVM. */
  options: string[]
  /** Whether the script passes arguments of its own to the application. */
  hasArguments: boolean
  /** File of the distribution with further options and arguments, if it exists. */
  settings: string | undefined
}

/** Where a script goes to its distribution: `..` from `bin/`, and another path where the scripts are in another folder. */
const TO_HOME = [
  /\bcd (?:-P )?"\$\{APP_HOME:-\.\/\}([./]+)"/,
  /\bcd "`dirname \\"\$PRG\\"`\/([./]+)"/,
  /^BASEDIR=`cd "\$PRGDIR\/([./]+)"/m
]

const NOTHING_ELSE = { module: undefined, modulePath: [], hasArguments: false, settings: undefined }

/**
 * Returns what a start script of Gradle's `application` plugin, of sbt-native-packager or of appassembler-maven-plugin runs;
 * undefined for another file.
 */
export function readStartScript(text: string): StartScript | undefined {
  const found = ofGradle(text) ?? ofSbt(text) ?? ofAppassembler(text)
  const [home = '..'] = TO_HOME.flatMap((pattern) => pattern.exec(text)?.[1] ?? [])
  return found && { ...found, home }
}

/** https://github.com/gradle/gradle/blob/master/platforms/jvm/plugins-application/src/main/resources/org/gradle/api/internal/plugins/unixStartScript.txt */
function ofGradle(text: string): Omit<StartScript, 'home'> | undefined {
  const [, classPath] = /^CLASSPATH=(.*)$/m.exec(text) ?? []
  const [, modulePath = ''] = /^MODULE_PATH=(.*)$/m.exec(text) ?? []
  const [, isModule, name] =
    /-classpath\s+(?:"\\"\$CLASSPATH\\""|"\$CLASSPATH")\s*(?:\\\s*)?(--module-path\s+(?:"\\"\$MODULE_PATH\\""|"\$MODULE_PATH")\s*(?:\\\s*)?--module\s+)?([\p{L}_$][\p{L}\p{N}_$./]*)/u.exec(
      text
    ) ?? []
  if (classPath === undefined || name === undefined) return undefined
  // In single quotes for the shell; each option in double quotes for the second reading by the script.
  const [, given = ''] = /^DEFAULT_JVM_OPTS='(.*)'$/m.exec(text) ?? []
  const options = parseArgsStringToArgv(given.replaceAll(`'"$APP_HOME"'`, '$APP_HOME')).map((option) =>
    option.replaceAll(/\$(?:APP_HOME\b|\{APP_HOME\})/g, APP_DIR)
  )
  const entries = (list: string): string[] => entriesOf(list, [[/^\$(?:APP_HOME|\{APP_HOME\})\//, '']])
  const [module, className] = isModule === undefined ? [undefined, name] : name.split('/')
  // A module without a named class has the class in its description.
  return {
    ...NOTHING_ELSE,
    main: { className: className ?? '' },
    module,
    classPath: entries(classPath),
    modulePath: entries(modulePath),
    options
  }
}

/** https://github.com/sbt/sbt-native-packager/blob/main/src/main/resources/com/typesafe/sbt/packager/archetypes/scripts/bash-template */
function ofSbt(text: string): Omit<StartScript, 'home'> | undefined {
  const [, classPath] = /^declare -r app_classpath="(.+)"$/m.exec(text) ?? []
  const [, jar, className] =
    /^declare -[ar] app_mainclass=\(?(?:-jar "?\$lib_dir\/([^"]+)"?|["']?([\p{L}_$][\p{L}\p{N}_$.]*)["']?)\)?$/mu.exec(
      text
    ) ?? []
  if (classPath === undefined || (jar ?? className) === undefined) return undefined
  const [, settings] = /^declare -r script_conf_file="\$\{app_home\}\/\.\.\/([^"$]+)"$/m.exec(text) ?? []
  return {
    ...NOTHING_ELSE,
    main: jar === undefined ? { className: className ?? '' } : { jar: `lib/${jar}` },
    classPath: entriesOf(classPath, [[/^\$lib_dir\//, 'lib/']]),
    options: [...text.matchAll(/^addJava "(-[^"$`]+)"$/gm)].map(([, option = '']) => option),
    settings
  }
}

/** https://github.com/mojohaus/appassembler/blob/master/appassembler-maven-plugin/src/main/resources/org/codehaus/mojo/appassembler/daemon/script/unixBinTemplate */
function ofAppassembler(text: string): Omit<StartScript, 'home'> | undefined {
  const [, classPath] = /^CLASSPATH=(.*\$(?:REPO|BASEDIR).*)$/m.exec(text) ?? []
  const [, repository = 'repo'] = /^ *REPO="\$BASEDIR"\/(\S+)$/m.exec(text) ?? []
  const [, options = ''] = /^exec "\$JAVACMD" (.*)\$JAVA_OPTS/m.exec(text) ?? []
  const [, className, given = ''] =
    /-Dbasedir="\$BASEDIR"\s*\\\s+([\p{L}_$][\p{L}\p{N}_$.]*)\s*\\\s+(.*)"\$@"/u.exec(text) ?? []
  if (classPath === undefined || className === undefined) return undefined
  return {
    ...NOTHING_ELSE,
    main: { className },
    classPath: entriesOf(classPath, [
      [/^\$REPO\//, `${repository}/`],
      [/^\$BASEDIR\//, '']
    ]),
    options: [
      ...parseArgsStringToArgv(options).map((option) => option.replaceAll(/\$\{?BASEDIR\}?/g, APP_DIR)),
      // The names that the script has for itself.
      `-Dapp.repo=${APP_DIR}/${repository}`,
      `-Dapp.home=${APP_DIR}`,
      `-Dbasedir=${APP_DIR}`
    ],
    hasArguments: given.trim() !== ''
  }
}

function entriesOf(classPath: string, places: readonly [variable: RegExp, folder: string][]): string[] {
  return classPath
    .replaceAll(/["\\]/g, '')
    .split(':')
    .map((entry) => places.reduce((path, [variable, folder]) => path.replace(variable, folder), entry))
    .filter((entry) => entry !== '' && !entry.startsWith('$'))
}

/**
 * Returns the options of the JVM in a file such as conf/application.ini, which a script of sbt-native-packager reads, and whether
 * it has arguments too. https://sbt-native-packager.readthedocs.io/en/latest/archetypes/java_app/customize.html
 */
export function readScriptSettings(text: string): { options: string[]; hasArguments: boolean } {
  const words = text.replaceAll(/^#.*$/gm, '').split(/\s+/).filter(Boolean)
  const options = words.filter((word) => /^-(?:J.|D|agentlib)/.test(word))
  return {
    options: options.map((word) => word.replace(/^-J/, '')),
    hasArguments: options.length < words.length
  }
}
