import { parseArgsStringToArgv } from 'string-argv'
import { APP_DIR } from '../../lib/image-paths.js'

/** What the start script of a distribution runs. */
export interface StartScript {
  mainClass: string
  /** Entries of the class path, relative to the distribution. */
  classPath: string[]
  /** Options of the JVM. */
  options: string[]
}

/** Returns what a start script of Gradle's `application` plugin or of sbt-native-packager runs; undefined for another file. */
export function readStartScript(text: string): StartScript | undefined {
  return ofGradle(text) ?? ofSbt(text)
}

/** https://github.com/gradle/gradle/blob/master/platforms/jvm/plugins-application/src/main/resources/org/gradle/api/internal/plugins/unixStartScript.txt */
function ofGradle(text: string): StartScript | undefined {
  const [, classPath] = /^CLASSPATH=(.+)$/m.exec(text) ?? []
  const [, mainClass] =
    /-classpath\s+(?:"\\"\$CLASSPATH\\""|"\$CLASSPATH")\s*(?:\\\s*)?([\p{L}_$][\p{L}\p{N}_$.]*)/u.exec(
      text
    ) ?? []
  if (classPath === undefined || mainClass === undefined) return undefined
  // In single quotes for the shell; each option in double quotes for the second reading by the script.
  const [, given = ''] = /^DEFAULT_JVM_OPTS='(.*)'$/m.exec(text) ?? []
  const options = parseArgsStringToArgv(given.replaceAll(`'"$APP_HOME"'`, '$APP_HOME')).map((option) =>
    option.replaceAll(/\$(?:APP_HOME\b|\{APP_HOME\})/g, APP_DIR)
  )
  return { mainClass, classPath: entriesOf(classPath, /^\$(?:APP_HOME|\{APP_HOME\})\//, ''), options }
}

/** https://github.com/sbt/sbt-native-packager/blob/main/src/main/resources/com/typesafe/sbt/packager/archetypes/scripts/bash-template */
function ofSbt(text: string): StartScript | undefined {
  const [, classPath] = /^declare -r app_classpath="(.+)"$/m.exec(text) ?? []
  const [, mainClass] = /^declare -r app_mainclass=\(?"([^"]+)"\)?$/m.exec(text) ?? []
  if (classPath === undefined || mainClass === undefined) return undefined
  const options = [...text.matchAll(/^addJava "(-[^"$`]+)"$/gm)].map(([, option = '']) => option)
  return { mainClass, classPath: entriesOf(classPath, /^\$lib_dir\//, 'lib/'), options }
}

function entriesOf(classPath: string, home: RegExp, folder: string): string[] {
  return classPath
    .replaceAll('"', '')
    .split(':')
    .map((entry) => entry.replace(home, folder))
    .filter((entry) => entry !== '')
}
