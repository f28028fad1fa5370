// Writers of those images of CRIU that change where memory becomes a mapping of a file. A message with a field that is not
// known here is not rewritten: what the field means could be wrong afterwards. The numbers of the fields are those of
// https://github.com/checkpoint-restore/criu/tree/criu-dev/images: mm, vma, pagemap, fdinfo, regfile.
import { JDK_DIR } from '../lib/image-paths.js'
import {
  COMMON_MAGIC,
  encodeImage,
  ImageFormatError,
  records,
  required,
  type Message
} from './image-format.js'
import { FILES_MAGIC, MM_MAGIC } from './images.js'
import { PAGE_SIZE, PAGEMAP_MAGIC, presentRun } from './pagemap.js'
import { MAP_ANONYMOUS, VMA_ANON_PRIVATE, VMA_FILE_PRIVATE } from './parts.js'
import { gapsIn, overlapping, type Range, type Run } from './ranges.js'

const FD_TYPE_FILE = 1
const O_RDONLY = 0
/** Flags of pages: in the image of a parent, for a lazy restore, in this image (criu/include/pagemap.h). */
const KNOWN_FLAGS = 1 | 2 | 4

/** Adds a regular file to files.img, on the file system of the JDK. Returns its id for the mappings. */
export function addFile(
  image: Buffer,
  { path, size }: { path: string; size: number }
): { image: Buffer; id: number } {
  const entries = records(image, COMMON_MAGIC, FILES_MAGIC)
  const id = Math.max(0, ...entries.map((entry) => required(entry, 2))) + 1
  // Its owner and its mount are those of a library of the JVM: in the image both files are on the root file system.
  const model = entries.find((entry) => entry.message(3)?.text(6)?.startsWith(`${JDK_DIR}/`))
  const file = model?.message(3)
  if (!model || !file) throw new ImageFormatError('it has no file of the JDK')
  requireKnown(model, [1, 2, 3])
  requireKnown(file, [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
  // The fields from 9 on, such as the build id of a library, are not those of the new file. CRIU compares its size.
  const ofModel = { 9: [], 10: [], 11: [], 12: [], 13: [], 14: [] }
  const added = file.with({ ...ofModel, 1: id, 2: O_RDONLY, 3: 0, 6: Buffer.from(path), 8: size })
  const entry = model.with({ 1: FD_TYPE_FILE, 2: id, 3: added })
  return {
    id,
    image: encodeImage([COMMON_MAGIC, FILES_MAGIC], [...entries.map(({ bytes }) => bytes), entry])
  }
}

/** Makes the runs private mappings of a file, at their offsets in it, and leaves the rest of each mapping as it is. */
export function rewriteMappings(image: Buffer, runs: readonly Run[], file: number): Buffer {
  const [mm, ...more] = records(image, COMMON_MAGIC, MM_MAGIC)
  if (!mm || more.length > 0) throw new ImageFormatError('its mm image does not have one entry')
  requireKnown(mm, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
  const mappings = mm.messages(14).flatMap((mapping) => split(mapping, runs, file))
  return encodeImage([COMMON_MAGIC, MM_MAGIC], [mm.with({ 14: mappings })])
}

function split(mapping: Message, runs: readonly Run[], file: number): Buffer[] {
  const whole = { start: required(mapping, 1), end: required(mapping, 2) }
  const inside = overlapping(runs, whole)
  if (inside.length === 0) return [mapping.bytes]
  requireKnown(mapping, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  const ofFile = {
    4: file,
    6: required(mapping, 6) & ~MAP_ANONYMOUS,
    7: (required(mapping, 7) & ~VMA_ANON_PRIVATE) | VMA_FILE_PRIVATE,
    10: O_RDONLY
  }
  // Each part of a mapping of a file has its own offset, in bytes.
  const isOfFile = (required(mapping, 7) & VMA_FILE_PRIVATE) !== 0
  const offsetOf = (start: number): number => required(mapping, 3) + (isOfFile ? start - whole.start : 0)
  const rest = gapsIn(whole, inside).map(({ start, end }) => ({
    start,
    bytes: mapping.with({ 1: start, 2: end, 3: offsetOf(start) })
  }))
  const ofRuns = inside.map(({ start, end, offset }) => ({
    start,
    bytes: mapping.with({ ...ofFile, 1: start, 2: end, 3: offset })
  }))
  return [...rest, ...ofRuns].sort((one, other) => one.start - other.start).map(({ bytes }) => bytes)
}

/** Leaves the runs out of a page map, whose remaining pages are in another file. */
export function rewritePagemap(image: Buffer, runs: readonly Run[], pagesId: number): Buffer {
  const [head, ...entries] = records(image, COMMON_MAGIC, PAGEMAP_MAGIC)
  if (!head) throw new ImageFormatError('the pagemap has no head')
  requireKnown(head, [1])
  const left = entries.flatMap((entry) => {
    requireKnown(entry, [1, 2, 3, 4, 5])
    if (((entry.number(4) ?? 0) & ~KNOWN_FLAGS) !== 0)
      throw new ImageFormatError('its pages have unknown flags')
    const run = presentRun(entry)
    const gaps = run ? gapsIn(run, overlapping(runs, run)) : undefined
    return gaps?.map((gap) => withRange(entry, gap)) ?? [entry.bytes]
  })
  return encodeImage([COMMON_MAGIC, PAGEMAP_MAGIC], [head.with({ 1: pagesId }), ...left])
}

function withRange(entry: Message, { start, end }: Range): Buffer {
  const pages = (end - start) / PAGE_SIZE
  return entry.with({
    1: start,
    ...(entry.has(2) ? { 2: pages } : {}),
    ...(entry.has(5) ? { 5: pages } : {})
  })
}

function requireKnown(message: Message, fields: readonly number[]): void {
  if (!message.hasOnly(...fields))
    throw new ImageFormatError('its images have fields that are not known here')
}
