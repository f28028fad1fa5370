/** What a byte of memory is for; `other` is what nothing tells, such as the tables of the garbage collector. */
export const KINDS = [
  'javaHeap',
  'code',
  'classes',
  'stacks',
  'nativeHeap',
  'files',
  'environment',
  'other'
] as const
export type Kind = (typeof KINDS)[number]

/** For people. */
export const KIND_NAMES: Record<Kind, string> = {
  javaHeap: 'Java heap',
  code: 'compiled code',
  classes: 'classes',
  stacks: 'stacks of threads',
  nativeHeap: 'native heap',
  files: 'mapped files',
  environment: 'environment and arguments',
  other: 'other memory'
}
