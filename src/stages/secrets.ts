import { randomBytes } from 'node:crypto'
import type { TakenSnapshot } from '../checkpoint/take.js'
import { namesOf } from '../run/release.js'
import { Failure } from '../lib/errors.js'
import type { Log } from '../lib/log.js'
import { storedLogins, type Login } from '../registry/credentials.js'
import {
  configurationOf,
  incompleteScanReason,
  isOf,
  markOf,
  reportable,
  type ImageScan,
  type SearchedSnapshot
} from '../secrets/image.js'
import {
  foundSecrets,
  incompleteScanFailure,
  secretFailure,
  secretWarning,
  type SecretReport
} from '../secrets/report.js'
import { scanFiles } from '../secrets/scan-files.js'
import { createCanary, proveScanner } from '../secrets/scanner/canary.js'
import { createMatcher, type SecretMatcher } from '../secrets/scanner/scan.js'
import { secretsOfInputs, secretsOfLogins, secretsOfRunner } from '../secrets/sources.js'
import type { SnapshotReading } from '../snapshot/read.js'
import { sizeText } from '../lib/values.js'
import { checkpointContainer, type Run } from './run.js'

/** A snapshot, and what is known of what is where in it. */
export interface Taken {
  snapshot: TakenSnapshot
  reading: SnapshotReading | undefined
}

/** A search that can begin: what is looked for. */
export interface Search {
  matcher: SecretMatcher
  snapshot: SearchedSnapshot | undefined
  /** Names of what is looked for, and of what is too weak for that. */
  searched: string[]
  notSearched: string[]
}

/** What a run says that nobody wants searched. */
export const NOT_SEARCHED: SecretReport = {
  mode: 'off',
  bytes: 0,
  searched: [],
  notSearched: [],
  found: [],
  untrusted: undefined
}

/** Collects what is looked for, and proves that it would be found; undefined if nobody wants it. */
export async function prepareSearch(run: Run, taken: Taken | undefined): Promise<Search | undefined> {
  const { inputs, world } = run
  if (inputs.secretScan === 'off') return undefined
  const { docker, environment, log } = world
  const snapshot = taken && {
    files: taken.snapshot.files,
    reading: taken.reading,
    mark: await markOf(docker, checkpointContainer(run)),
    below: namesOf(run.id).image('checkpoint')
  }
  const logins = await loginsOf(environment, log)
  const secrets = [...secretsOfInputs(inputs), ...secretsOfRunner(environment), ...secretsOfLogins(logins)]
  const matcher = createMatcher({
    secrets: [...secrets, ...(snapshot ? [snapshot.mark] : [])],
    canary: createCanary(),
    key: randomBytes(32)
  })
  await proveScanner(matcher)
  const weak = new Map(matcher.weak.map(({ secret, reason }) => [secret, reason]))
  const names = [...new Set(secrets.map(({ name }) => name))]
  const searched = names.filter((name) => !weak.has(name))
  const notSearched = names.filter((name) => weak.has(name)).map((name) => `${name} (${weak.get(name)})`)
  const known = searched.length > 0 ? ` and ${searched.length} known values: ${searched.join(', ')}` : ''
  log.info(`Looking for tokens${known}.`)
  tellWeak(log, notSearched)
  return { matcher, snapshot, searched, notSearched }
}

/** What the search of the image has found. With `secret-scan: fail` any secret is a Failure of kind `secret`. */
export async function judge(
  { inputs, world }: Run,
  search: Search,
  image: string,
  scan: ImageScan
): Promise<SecretReport> {
  const { docker, log } = world
  const { matcher, snapshot, searched, notSearched } = search
  const strict = inputs.secretScan === 'fail'
  if (scan.layers.unread.length > 0)
    log.warning(`Not looked into: ${scan.layers.unread.length} layers of the image, packed with Zstandard.`)
  const untrusted = snapshot && incompleteScanReason(snapshot, scan)
  if (untrusted !== undefined) {
    if (strict) throw incompleteScanFailure(untrusted)
    log.warning(incompleteScanFailure(untrusted).message)
  }
  // What the image says of itself.
  const configuration = await scanFiles(await configurationOf(docker, image), matcher)
  const told = await reportable(docker, scan, image, snapshot)
  const findings = [...told, ...configuration.findings]
  const sizes = [...scan.sizes.values(), ...configuration.sizes.values()]
  const report: SecretReport = {
    mode: inputs.secretScan,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    searched,
    notSearched,
    found: foundSecrets(findings.filter((finding) => !snapshot || !isOf(finding, snapshot.mark))),
    untrusted
  }
  log.info(`Looked at ${sizeText(report.bytes)}.`)
  if (report.found.length === 0) return report
  if (strict) throw secretFailure(report)
  log.warning(secretWarning(report))
  return report
}

function tellWeak(log: Log, notSearched: readonly string[]): void {
  if (notSearched.length === 0) return
  const line = `Too weak to be told from anything else in a memory, and not looked for: ${notSearched.join(', ')}.`
  // What the user marked is a promise that is not kept then.
  if (notSearched.some((name) => name.startsWith('secret-values'))) log.warning(line)
  else log.info(line)
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
