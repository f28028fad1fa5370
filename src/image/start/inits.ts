import path from 'node:path'

/**
 * Programs that start the command in their arguments and pass signals on, and the options of which that change nothing else: the entry
 * script of the finished image does their work. https://github.com/krallin/tini, https://github.com/Yelp/dumb-init
 */
const INITS: Record<string, RegExp> = {
  tini: /^-[gswv]+$/,
  'tini-static': /^-[gswv]+$/,
  'docker-init': /^-[gswv]+$/,
  catatonit: /^-g$/,
  'dumb-init': /^(?:-[cv]+|--single-child|--verbose)$/
}

/** Returns how many words at the beginning of a command are an init with its options; 0 where there is none. */
export function lengthOfInit([program = '', ...rest]: readonly string[]): number {
  const options = INITS[path.posix.basename(program)]
  if (options === undefined) return 0
  const end = rest.findIndex((word) => !options.test(word))
  const word = rest[end]
  if (word === '--') return end + 2
  return end === -1 || word?.startsWith('-') ? 0 : end + 1
}
