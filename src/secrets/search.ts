import { randomBytes } from 'node:crypto'
import type { Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import type { Log } from '../lib/log.js'
import { sizeText } from '../lib/values.js'
import type { SnapshotReading } from '../snapshot/read.js'
import {
  configurationOf,
  incompleteScanReason,
  isMark,
  markOf,
  reportable,
  type ImageScan,
  type ImagesBelow,
  type SearchedSnapshot
} from './image.js'
import {
  foundSecrets,
  incompleteScanFailure,
  secretFailure,
  secretWarning,
  unopenedArchives,
  type SecretReport
} from './report.js'
import { scanFiles } from './scan-files.js'
import { createCanary, proveScanner } from './scanner/canary.js'
import type { Secret } from './scanner/needles.js'
import { createMatcher, type SecretMatcher } from './scanner/scan.js'

export interface SnapshotInImage {
  files: SearchedSnapshot['files']
  /** Content of the snapshot; undefined where it cannot be read. */
  reading: SnapshotReading | undefined
}

export interface SecretSearch {
  matcher: SecretMatcher
  snapshot: SearchedSnapshot | undefined
  searched: string[]
  notSearched: string[]
}

export const NOT_SEARCHED: SecretReport = {
  mode: 'off',
  bytes: 0,
  searched: [],
  notSearched: [],
  found: [],
  unopened: { count: 0, names: [] },
  untrusted: undefined
}

/** A search that begins before there is a snapshot. */
export interface PreparedSearch extends Omit<SecretSearch, 'snapshot'> {
  /** Returns the search of an image with the snapshot; it compares its findings with those of this search. */
  withSnapshot: (snapshot: SearchedSnapshot) => SecretSearch
}

/** Prepares the search for the known secrets, and proves that the scanner would find them. */
export async function prepareSearch(secrets: readonly Secret[]): Promise<PreparedSearch> {
  const shared = { canary: createCanary(), key: randomBytes(32) }
  const matcher = createMatcher({ secrets, ...shared })
  await proveScanner(matcher)
  const weak = new Map(matcher.weak.map(({ secret, reason }) => [secret, reason]))
  const all = [...new Set(secrets.map(({ name }) => name))]
  const searched = all.filter((name) => !weak.has(name))
  const notSearched = all.filter((name) => weak.has(name)).map((name) => `${name} (${weak.get(name)})`)
  const names = { searched, notSearched }
  return {
    ...{ matcher, ...names },
    withSnapshot: (snapshot) => ({
      ...{ snapshot, ...names },
      matcher: createMatcher({ secrets: [...secrets, snapshot.mark], ...shared })
    })
  }
}

/** Returns the snapshot of a run as the search needs it. */
export async function searchedSnapshot(
  { docker, id }: Pick<Context, 'docker' | 'id'>,
  snapshot: SnapshotInImage
): Promise<SearchedSnapshot> {
  const mark = await markOf(docker, namesOf(id).checkpointContainer)
  return { ...snapshot, mark, ...imagesBelow(id) }
}

function imagesBelow(id: string): ImagesBelow {
  const { image } = namesOf(id)
  return { below: image('checkpoint'), started: { before: image('user'), after: image('started') } }
}

/** Returns whether the layers of an image may leave this machine, as far as their own scan says. */
export async function mayBeSent(
  { docker, id }: Pick<Context, 'docker' | 'id'>,
  mode: 'fail' | 'warn' | 'off',
  { image, snapshot }: { image: string; snapshot: SearchedSnapshot | undefined },
  scan: ImageScan | undefined
): Promise<boolean> {
  if (mode !== 'fail') return true
  if (!scan || incompleteScanReason(snapshot, scan) !== undefined) return false
  return (await reportable(docker, scan, image, imagesBelow(id))).length === 0
}

/** Reports what the scan of an image found. With `secret-scan: fail` any secret is a Failure of the category `secret`. */
export async function evaluateScan(
  { docker, log }: Pick<Context, 'docker' | 'log'>,
  mode: 'fail' | 'warn' | 'off',
  search: SecretSearch,
  image: string,
  scan: ImageScan
): Promise<SecretReport> {
  const { matcher, snapshot, searched, notSearched } = search
  const strict = mode === 'fail'
  const untrusted = incompleteScanReason(snapshot, scan)
  if (untrusted !== undefined) {
    if (strict) throw incompleteScanFailure(untrusted)
    log.warning(incompleteScanFailure(untrusted).message)
  }
  const configuration = await scanFiles(await configurationOf(docker, image), matcher)
  const ofConfiguration = configuration.findings.filter((finding) => !isMark(finding))
  const findings = [...(await reportable(docker, scan, image, snapshot)), ...ofConfiguration]
  const report: SecretReport = {
    mode,
    bytes: scan.bytes + configuration.bytes,
    searched,
    notSearched,
    found: foundSecrets(findings),
    unopened: scan.unopened,
    untrusted
  }
  if (report.unopened.count > 0) log.info(unopenedArchives(report.unopened))
  const known = searched.length > 0 ? ` and ${searched.length} known values: ${searched.join(', ')}` : ''
  log.info(`Scanned ${sizeText(report.bytes)} for tokens${known}.`)
  logWeakSecrets(log, notSearched)
  if (report.found.length === 0) return report
  if (strict) throw secretFailure(report)
  log.warning(secretWarning(report))
  return report
}

function logWeakSecrets(log: Log, notSearched: readonly string[]): void {
  if (notSearched.length === 0) return
  const line = `Too short or too common to search for: ${notSearched.join(', ')}.`
  // A value in `secret-values` is a promise to the user that is not kept then.
  if (notSearched.some((name) => name.startsWith('secret-values'))) log.warning(line)
  else log.info(line)
}
