import path from 'node:path'
import type { FileLine } from '../application/further-files.js'
import { CRAC_DIR, JAVA_LINK, JDK_DIR } from '../lib/image-paths.js'
import { badInput, parseLines } from '../lib/values.js'

/** Folders that belong to the action, to the kernel, or that are links in a Debian image; /tmp is part of the snapshot. */
const RESERVED = [
  CRAC_DIR,
  JAVA_LINK,
  JDK_DIR,
  '/proc',
  '/sys',
  '/dev',
  '/tmp',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64'
]

const EXPECTED =
  'lines of the form `source` or `source:target`, with a path or a glob relative to the workspace'

/** Parses the input `files`. */
export function parseFileLines(name: string, value: string): FileLine[] {
  return parseLines(name, value).map((text) => {
    const [, source = '', target] = /^([^:]+)(?::([^:]+))?$/.exec(text) ?? []
    if (source === '' || (target === undefined && text.includes(':'))) throw badInput(name, text, EXPECTED)
    const place = target === undefined ? '' : path.posix.normalize(target)
    if (place === '..' || place.startsWith('../'))
      throw badInput(name, text, 'a target in the working folder, or an absolute one')
    const reserved = RESERVED.find((folder) => place === folder || place.startsWith(`${folder}/`))
    if (reserved !== undefined) throw badInput(name, text, `a target outside of ${reserved}`)
    return { text, source, target }
  })
}
