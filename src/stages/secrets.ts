import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { TakenSnapshot } from '../checkpoint/take.js'
import { HOME } from '../checkpoint/trigger.js'
import { namesOf } from '../cleanup.js'
import { Failure } from '../errors.js'
import type { Log } from '../log.js'
import { storedLogins, type Login } from '../registry/credentials.js'
import { secretFailure, secretWarning, untrustedFailure } from '../report/secrets.js'
import { filesOfImage, filesOfTar } from '../secrets/archives.js'
import { createCanary, proveScanner } from '../secrets/canary.js'
import { newFindings, type Finding } from '../secrets/findings.js'
import { foundSecrets, type SecretReport } from '../secrets/found.js'
import { configurationOf } from '../secrets/image-configuration.js'
import { secretsOfInputs, secretsOfLogins, secretsOfRunner } from '../secrets/known.js'
import { createMatcher, type Matcher } from '../secrets/matcher.js'
import type { Secret } from '../secrets/needles.js'
import { scanFiles, type FilesScanned, type Locate } from '../secrets/scan-files.js'
import type { Kind } from '../snapshot/memory-map.js'
import type { SnapshotReading } from '../snapshot/read.js'
import { sizeText } from '../values.js'
import { checkpointContainer, type Run } from './run.js'

/** Where the snapshot is in the container, and what else docker/Dockerfile takes from there. */
const SNAPSHOT = `${HOME}/snapshot`
const TAKEN = [SNAPSHOT, '/tmp', '/home/app']

const WORDS: Record<Kind, string> = {
  javaHeap: 'Java heap',
  code: 'code',
  classes: 'classes',
  stacks: 'stack of a thread',
  nativeHeap: 'native heap',
  files: 'mapped file',
  environment: 'environment and arguments',
  other: 'other memory'
}

/** What is looked into, and what is known of what is where in it. */
export interface Taken {
  snapshot: TakenSnapshot
  reading: SnapshotReading | undefined
}

/** A search under way: what is looked for, and what has been found so far. */
export interface Search {
  matcher: Matcher
  report: SecretReport
}

/**
 * Looks for secrets in the snapshot, in what else the checkpoint leaves in the image, and in the image below it. With
 * `secret-scan: fail` any finding is a Failure of kind `secret`. undefined if nobody wants it.
 */
export async function lookForSecrets(run: Run, taken: Taken): Promise<Search | undefined> {
  if (run.inputs.secretScan === 'off') return undefined
  return await run.phases.run('secrets', 'Look for secrets', async () => {
    const mark = await markOf(run, checkpointContainer(run))
    const search = await prepare(run, [mark])
    const { matcher } = search
    // The engine collects an image before it gives the first byte of it: time for the snapshot.
    const [scans, below] = await Promise.all([
      scanContainer(run, taken, matcher),
      scanImage(run, matcher, namesOf(run.id).image('checkpoint'))
    ])
    const findings = scans.flatMap((scanned) => scanned.findings)
    doubt(run, search, distrust(taken.snapshot, scans, mark))
    // A test key in a jar is no news: what is, is what the application came by.
    const found = [...newFindings(findings, below.findings), ...below.findings.filter(isKnown)]
    note(
      run,
      search,
      found.filter((finding) => !isOf(finding, mark)),
      [...scans, below]
    )
    return search
  })
}

/** Looks at what the finished image says of itself, and, if there was no search before, into its files; what has been found. */
export async function lookIntoImage(
  run: Run,
  before: Search | undefined,
  image: string
): Promise<SecretReport> {
  const { inputs, world, phases } = run
  if (inputs.secretScan === 'off') {
    return { mode: 'off', bytes: 0, searched: [], notSearched: [], found: [], untrusted: undefined }
  }
  return await phases.run('secrets-image', 'Look for secrets in the image', async () => {
    const search = before ?? (await prepare(run, []))
    const { matcher, report } = search
    if (before === undefined) {
      const files = await scanImage(run, matcher, image)
      note(run, search, files.findings.filter(isKnown), [files])
    }
    const configuration = await scanFiles(await configurationOf(world.engine, image), matcher)
    note(run, search, configuration.findings, [configuration])
    if (report.found.length > 0) world.log.warning(secretWarning(report))
    return report
  })
}

async function prepare({ inputs, world }: Run, marks: readonly Secret[]): Promise<Search> {
  const { environment, log } = world
  const logins = await loginsOf(environment, log)
  const secrets = [...secretsOfInputs(inputs), ...secretsOfRunner(environment), ...secretsOfLogins(logins)]
  const matcher = createMatcher({
    secrets: [...secrets, ...marks],
    canary: createCanary(),
    key: randomBytes(32)
  })
  await proveScanner(matcher)
  const weak = new Map(matcher.tooShort.map(({ secret, reason }) => [secret, reason]))
  const names = [...new Set(secrets.map(({ name }) => name))]
  const notSearched = names.filter((name) => weak.has(name))
  const report: SecretReport = {
    mode: inputs.secretScan,
    bytes: 0,
    searched: names.filter((name) => !weak.has(name)),
    notSearched: notSearched.map((name) => `${name} (${weak.get(name)})`),
    found: [],
    untrusted: undefined
  }
  log.info(
    `Looking for tokens and ${report.searched.length} known values: ${report.searched.join(', ') || 'none'}.`
  )
  tellWeak(notSearched)
  return { matcher, report }

  function tellWeak(weak: readonly string[]): void {
    if (weak.length === 0) return
    const line = `Too weak to be told from anything else in a memory, and not looked for: ${report.notSearched.join(', ')}.`
    // What the user marked is a promise that is not kept then.
    if (weak.some((name) => name.startsWith('secret-values'))) log.warning(line)
    else log.info(line)
  }
}

async function loginsOf(environment: NodeJS.ProcessEnv, log: Log): Promise<Login[]> {
  try {
    return await storedLogins(environment)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    log.warning(`${error.message} The passwords in it are not looked for.`)
    return []
  }
}

/** The environment of the application is in its memory, and its host name is the container's own. */
async function markOf({ world }: Run, container: string): Promise<Secret> {
  const inspect = ['inspect', '--format', '{{json .Config}}', '--', container]
  const { Hostname, Env } = JSON.parse(await world.engine.run(inspect)) as { Hostname: string; Env: string[] }
  const given = Env.find((pair) => pair.startsWith('HOSTNAME='))
  return { name: 'mark of the container', value: given ?? `HOSTNAME=${Hostname}` }
}

function isKnown(finding: Finding): boolean {
  return 'secret' in finding
}

function isOf(finding: Finding, { name }: Secret): boolean {
  return 'secret' in finding && finding.secret === name
}

/** Why the scan of the snapshot proves nothing; undefined if it does. */
function distrust(
  { files }: TakenSnapshot,
  scans: readonly FilesScanned[],
  mark: Secret
): string | undefined {
  const [{ sizes, findings }] = scans as [FilesScanned]
  for (const { name, size } of files) {
    const seen = sizes.get(`${SNAPSHOT}/${name}`) ?? 0
    if (seen !== size) return `of its ${name} ${seen} of ${size} bytes were seen`
  }
  if (!findings.some((finding) => isOf(finding, mark)))
    return 'the environment of the application, which is in its memory, was not seen there'
  return scans.some(({ unlisted }) => unlisted > 0)
    ? 'there are too many tokens in it to be listed'
    : undefined
}

function doubt({ inputs, world }: Run, { report }: Search, why: string | undefined): void {
  if (why === undefined) return
  report.untrusted = why
  if (inputs.secretScan === 'fail') throw untrustedFailure(why)
  world.log.warning(untrustedFailure(why).message)
}

/** The kind of memory that a byte of a file of pages was. */
function locator(reading: SnapshotReading | undefined): Locate {
  return (file, offset) => {
    if (path.posix.dirname(file) !== SNAPSHOT) return undefined
    const place = reading?.map.locate(path.posix.basename(file), offset)
    return place && (place.kind === 'files' && place.file ? `mapped ${place.file}` : WORDS[place.kind])
  }
}

/** What the checkpoint leaves in the image; the snapshot first. */
async function scanContainer(run: Run, { reading }: Taken, matcher: Matcher): Promise<FilesScanned[]> {
  const scans: FilesScanned[] = []
  for (const folder of TAKEN) {
    const root = path.posix.dirname(folder)
    const scanned = await run.world.engine.stream(
      ['cp', `${checkpointContainer(run)}:${folder}`, '-'],
      (archive) => scanFiles(filesOfTar(archive, root), matcher, locator(reading))
    )
    scans.push(scanned)
  }
  return scans
}

async function scanImage({ world }: Run, matcher: Matcher, image: string): Promise<FilesScanned> {
  return await world.engine.stream(['save', '--', image], (archive) =>
    scanFiles(filesOfImage(archive), matcher)
  )
}

function note(
  { inputs, world }: Run,
  search: Search,
  findings: readonly Finding[],
  scans: readonly FilesScanned[]
): void {
  const { report } = search
  const bytes = scans.flatMap(({ sizes }) => [...sizes.values()]).reduce((sum, size) => sum + size, 0)
  report.bytes += bytes
  report.found = [...report.found, ...foundSecrets(findings)]
  world.log.info(`Looked at ${sizeText(bytes)}.`)
  if (inputs.secretScan === 'fail' && report.found.length > 0) throw secretFailure(report)
}
