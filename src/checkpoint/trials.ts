import { diagnose, type Finding } from '../diagnosis/diagnose.js'
import { lastLines } from '../docker/failure.js'
import { MARKERS } from '../lib/image-paths.js'

/** Trial of a CRIU: the dump of a sleeping process. */
export interface Trial {
  kind: string
  version: string
  /** undefined if the dump succeeded. */
  failure: { reason: string; finding: Finding | undefined } | undefined
}

/** Parses the output of docker/checkpoint/try-criu.sh. */
export function parseTrials(output: string): Trial[] {
  const TRIAL = new RegExp(
    `^${MARKERS.trial} (\\w+) (\\S+)\\n((?:(?!${MARKERS.trial})[^\\n]*\\n)*)${MARKERS.trial} \\1 ended with (\\d+)$`,
    'gm'
  )
  return [...output.matchAll(TRIAL)].map(([, kind = '', version = '', log = '', code]) => {
    if (code === '0') return { kind, version, failure: undefined }
    const finding = diagnose('dump', { criu: log })
    const reason = code === '137' ? 'it hung' : (finding?.cause ?? (lastLines(log, 1) || `exit code ${code}`))
    return { kind, version, failure: { reason: reason.replace(/\.$/, ''), finding } }
  })
}
