import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../../lib/errors.js'
import { APP_DIR } from '../../lib/image-paths.js'
import type { Bytes } from '../../lib/values.js'
import { namesIn } from '../jar.js'
import { isFile, isFolder, type FoundApplication, type Layout } from './layout.js'
import { readStartScript, type StartScript } from './start-script.js'

/** Maximum size of a start script, in bytes: real ones have about 10 000. */
const MAX_SCRIPT_SIZE: Bytes = 1024 * 1024

/**
 * Layout of a distribution with start scripts in `bin/` and jars in `lib/`, as `installDist` of Gradle and `stage` of
 * sbt-native-packager create it. The class path, the main class and the options are those of the start script.
 */
export const distribution: Layout = async ({ location, mainClass: wanted }) => {
  const scripts = await scriptsIn(path.join(location, 'bin'))
  const names = [...scripts.keys()]
  const [name] = wanted === undefined ? names : names.filter((one) => scripts.get(one)?.mainClass === wanted)
  const chosen = name ?? names[0]
  const script = chosen === undefined ? undefined : scripts.get(chosen)
  if (chosen === undefined || script === undefined) return undefined
  if (wanted === undefined && scripts.size > 1) {
    throw new Failure('input', `There is more than one start script in ${path.join(location, 'bin')}.`, {
      fix: 'Set `application` to one of these scripts, or `main-class` to the main class.',
      evidence: names.map((one) => `bin/${one} (${scripts.get(one)?.mainClass})`).join('\n')
    })
  }
  return await ofScript(location, chosen, { ...script, mainClass: wanted ?? script.mainClass })
}

/** Layout of the distribution that a start script belongs to. */
export const startScript: Layout = async ({ location, mainClass }) => {
  const script = await readScript(location)
  if (script === undefined) return undefined
  const home = path.dirname(path.dirname(location))
  return await ofScript(home, path.basename(location), {
    ...script,
    mainClass: mainClass ?? script.mainClass
  })
}

async function ofScript(
  home: string,
  name: string,
  { mainClass, classPath, options }: StartScript
): Promise<FoundApplication> {
  const dependencies = new Map<string, string>()
  const classes = new Map<string, string>()
  const missing: string[] = []
  const entries: string[] = []
  const mainFile = `${mainClass.replaceAll('.', '/')}.class`
  for (const given of classPath) {
    const entry = path.posix.normalize(given)
    const file = path.join(home, entry.replace(/\/\*$/, ''))
    const inside = !path.isAbsolute(entry) && !entry.startsWith('..')
    if (!inside || !((await isFile(file)) || (await isFolder(file)))) {
      missing.push(given)
      continue
    }
    entries.push(entry)
    const own = entry.endsWith('.jar') && (await namesIn(file).catch((): string[] => [])).includes(mainFile)
    // A folder on the class path is configuration, and below it is copied with the rest.
    if (own) classes.set(file, entry)
    else if (entry.endsWith('.jar')) dependencies.set(file, entry)
  }
  // The rest of the distribution, such as `conf/`, is beside `lib/` as it is there.
  for (const other of (await readdir(home)).sort())
    if (other !== 'bin' && other !== 'lib') classes.set(path.join(home, other), other)
  return {
    layout: 'distribution',
    description: `distribution ${path.basename(home)} with the start script ${name} (${mainClass})`,
    mainClass,
    command: [...options, '-cp', entries.map((entry) => `${APP_DIR}/${entry}`).join(':'), mainClass],
    dependencies,
    classes,
    packed: new Set(),
    ...(missing.length > 0 && {
      leftOut: [
        `The start script names files that are not in the distribution: ${missing.slice(0, 10).join(', ')}.`
      ]
    })
  }
}

async function scriptsIn(folder: string): Promise<Map<string, StartScript>> {
  const scripts = new Map<string, StartScript>()
  if (!(await isFolder(folder))) return scripts
  for (const name of (await readdir(folder)).sort()) {
    const script = await readScript(path.join(folder, name))
    if (script !== undefined) scripts.set(name, script)
  }
  return scripts
}

async function readScript(file: string): Promise<StartScript | undefined> {
  if (!(await isFile(file)) || /\.(?:[jw]ar|zip|bat)$/.test(file)) return undefined
  const content = await readFile(file)
  return content.length > MAX_SCRIPT_SIZE ? undefined : readStartScript(content.toString('utf8'))
}
