import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../../lib/errors.js'
import { APP_DIR } from '../../lib/image-paths.js'
import type { Bytes } from '../../lib/values.js'
import { hasClass, readManifest } from '../jar.js'
import { isFile, isFolder, type FoundApplication, type Layout } from './layout.js'
import { readScriptSettings, readStartScript, type StartScript } from './start-script.js'

/** Maximum size of a start script, in bytes: real ones have about 10 000. */
const MAX_SCRIPT_SIZE: Bytes = 1024 * 1024

const MOST_NAMED = 10

/** A start script whose main class is known. */
interface Script extends StartScript {
  mainClass: string
}

/**
 * Layout of a distribution with start scripts in `bin/` and jars in another folder, as `installDist` of Gradle, `stage` of
 * sbt-native-packager and appassembler-maven-plugin create it. The class path, the main class and the options are those of the
 * start script.
 */
export const distribution: Layout = async ({ location, mainClass: wanted }) => {
  const scripts = await scriptsIn(location)
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
  const home = path.resolve(path.dirname(location), script.home)
  return await ofScript(home, path.basename(location), {
    ...script,
    mainClass: mainClass ?? script.mainClass
  })
}

async function ofScript(home: string, name: string, script: Script): Promise<FoundApplication> {
  const { mainClass, module, options } = script
  const classPath = await entriesIn(home, script.classPath)
  const modulePath = await entriesIn(home, script.modulePath)
  const jars = [...classPath.found, ...modulePath.found].filter((entry) => entry.endsWith('.jar'))
  const dependencies = new Map<string, string>()
  const classes = new Map<string, string>()
  for (const entry of jars) {
    const file = path.join(home, entry)
    const own = await hasClass(file, mainClass)
    ;(own ? classes : dependencies).set(file, entry)
  }
  // A folder on the class path is configuration: it is part of the rest, which is at the same place below /app.
  for (const other of (await readdir(home)).sort())
    if (other !== 'bin')
      for (const rest of await restOf(home, other, jars)) classes.set(path.join(home, rest), rest)
  const settings = await settingsOf(home, script)
  const missing = [...classPath.missing, ...modulePath.missing]
  const onPath = (entries: string[]): string => entries.map((entry) => `${APP_DIR}/${entry}`).join(':')
  return {
    layout: 'distribution',
    description: `distribution ${path.basename(home)} with the start script ${name} (${mainClass || module})`,
    mainClass,
    command: [
      ...options,
      ...settings.options,
      ...(classPath.found.length > 0 ? ['-cp', onPath(classPath.found)] : []),
      ...(module === undefined
        ? [mainClass]
        : [
            '--module-path',
            onPath(modulePath.found),
            '--module',
            [module, mainClass].filter(Boolean).join('/')
          ])
    ],
    dependencies,
    classes,
    packed: new Set(),
    leftOut: [
      ...(missing.length > 0
        ? [
            `The start script names files that are not in the distribution: ${missing.slice(0, MOST_NAMED).join(', ')}.`
          ]
        : []),
      // Arguments may be secrets.
      ...(script.hasArguments || settings.hasArguments
        ? [
            'The arguments that the start script gives the application are left out; set them in the input `arguments`.'
          ]
        : [])
    ]
  }
}

/** Returns the entries of a class path that are in the distribution, with those of its wildcards, and the others. */
async function entriesIn(
  home: string,
  given: readonly string[]
): Promise<{ found: string[]; missing: string[] }> {
  const found: string[] = []
  const missing: string[] = []
  for (const one of given) {
    const entry = path.posix.normalize(one)
    const folder = /^(.*)\/\*$/.exec(entry)?.[1]
    const inside = !path.isAbsolute(entry) && !entry.startsWith('..')
    if (inside && folder !== undefined && (await isFolder(path.join(home, folder)))) {
      const names = (await readdir(path.join(home, folder))).filter((name) => name.endsWith('.jar')).sort()
      found.push(...names.map((name) => `${folder}/${name}`))
    } else if (inside && ((await isFile(path.join(home, entry))) || (await isFolder(path.join(home, entry)))))
      found.push(entry)
    else missing.push(one)
  }
  return { found: [...new Set(found)], missing }
}

/** Returns the paths below an entry of the distribution that are not the given jars; whole folders where it has none of them. */
async function restOf(home: string, entry: string, jars: readonly string[]): Promise<string[]> {
  if (jars.includes(entry)) return []
  if (!jars.some((jar) => jar.startsWith(`${entry}/`))) return [entry]
  const rest: string[] = []
  for (const name of (await readdir(path.join(home, entry))).sort())
    rest.push(...(await restOf(home, `${entry}/${name}`, jars)))
  return rest
}

async function settingsOf(
  home: string,
  { settings }: StartScript
): Promise<ReturnType<typeof readScriptSettings>> {
  if (settings === undefined) return readScriptSettings('')
  const file = path.join(home, settings)
  // A pull request can add a link to a file of the runner.
  const [folder, target] = await Promise.all([home, file].map((one) => realpath(one).catch(() => undefined)))
  if (folder === undefined || target?.startsWith(`${folder}${path.sep}`) !== true)
    return readScriptSettings('')
  const { size } = await stat(target)
  return readScriptSettings(size > MAX_SCRIPT_SIZE ? '' : await readFile(target, 'utf8').catch(() => ''))
}

async function scriptsIn(home: string): Promise<Map<string, Script>> {
  const scripts = new Map<string, Script>()
  const folder = path.join(home, 'bin')
  if (!(await isFolder(folder))) return scripts
  for (const name of (await readdir(folder)).sort()) {
    const script = await readScript(path.join(folder, name))
    if (script !== undefined) scripts.set(name, script)
  }
  return scripts
}

async function readScript(file: string): Promise<Script | undefined> {
  if (!(await isFile(file)) || /\.(?:[jw]ar|zip|bat)$/.test(file)) return undefined
  const content = await readFile(file)
  const script = content.length > MAX_SCRIPT_SIZE ? undefined : readStartScript(content.toString('utf8'))
  if (script === undefined) return undefined
  if ('className' in script.main) return { ...script, mainClass: script.main.className }
  const jar = path.resolve(path.dirname(file), script.home, script.main.jar)
  const mainClass = (await readManifest(jar))?.mainClass
  return mainClass === undefined ? undefined : { ...script, mainClass }
}
