// Part of `npm run lint`: reports words in comments, messages and pages that are not plain, standard English.
// The glossary in docs/architecture.md has the words to use instead.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { PROJECT } from '../lab/home.js'
import { projectFiles } from './project-files.js'

/** Private words, each with a suggestion. Patterns match across line breaks. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:told|tells?|telling)\b(?! (?:\w+ ){0,3}apart)/i, 'report, log, say, show'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\bcures?\b/i, 'fix'],
  [/\bwhoever\b|\bwhose hands\b/i, 'name the person, such as the workflow author'],
  [/\bof others\b|\bforeign\b(?! key)/i, 'untrusted, or name the source'],
  [/\brungs?\b/i, 'privilege level'],
  [/\b(?:held|holds?|holding) (?:\w+ ){0,6}against\b/i, 'verify against, compare with'],
  [/(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|such\b|more than\b|less than\b)\w+/i, 'is not a ...'],
  [/\bnot to be had\b/i, 'is not available'],
  [/\brooms?\b/i, 'disk space, or folder'],
  [/\basked\b|\basks? (?:a|an|the) (?:server|registry|engine|API|JVM|vendor)\b/i, 'request, query'],
  [/\bby turns\b/i, 'alternately'],
  [/\blook(?:s|ed|ing)? (?:at|for|into)\b/i, 'read, search, inspect, check'],
  [/\banswer(?:s|ed)? well\b/i, 'succeed, get a successful response'],
  [/\b(?:in|by|with) the words of\b|'s own words\b/i, 'message, text'],
  [/\bknows? no\b|\b(?:has|have|had) not (?:a|an|any|the)\b/i, 'does not know, does not have'],
  [/\bcan pass\b(?=[.,;:)]| by itself|$)/i, 'is transient']
]

/** Beginnings of doc comments that need the line above to be understood. */
const FRAGMENT =
  /^(?:Of|The same|Those|Such|Likewise|So many|Ditto|And|But|Or|In (?:bytes|characters|milliseconds|seconds|MB))\b/

/** Files with text that is not ours, and the two files that quote private words. */
const EXEMPT =
  /^(?:docs\/troubleshooting\.md|package-lock\.json|scripts\/check-words\.ts|__tests__\/project\/words\.test\.ts)$/

const SLASH_COMMENTS_AND_STRINGS = /"""[^]*?"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/.*|\/\*[^]*?\*\//g

/** Text of a file, after its position there. */
type Text = [position: number, text: string]

/** Returns the comments and strings of a TypeScript or JavaScript file as [position, text]. */
function textsOfScript(file: string, text: string): Text[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const texts = new Map<number, string>()
  const visit = (node: ts.Node): void => {
    for (const rangesAt of [ts.getLeadingCommentRanges, ts.getTrailingCommentRanges]) {
      const position = rangesAt === ts.getLeadingCommentRanges ? node.getFullStart() : node.getEnd()
      for (const { pos, end } of rangesAt(text, position) ?? []) texts.set(pos, text.slice(pos, end))
    }
    const isText =
      ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
    // A single word is a name or a key.
    if (isText && /\s/.test(node.text.trim())) texts.set(node.getStart(), node.getText())
    node.getChildren().forEach(visit)
  }
  visit(source)
  return [...texts].sort(([a], [b]) => a - b)
}

/** Returns the prose of a file as [position, text]. Positions are offsets in `text`. */
function textsOf(file: string, text: string): Text[] {
  if (/\.(?:ts|mjs|js)$/.test(file)) return textsOfScript(file, text)
  if (/\.(?:java|c|h)$/.test(file))
    return [...text.matchAll(SLASH_COMMENTS_AND_STRINGS)].map((match) => [match.index, match[0]])
  if (file.endsWith('.xml'))
    return [...text.matchAll(/<!--[^]*?-->/g)].map((match) => [match.index, match[0]])
  if (file.endsWith('.md')) {
    const blank = (code: string): string => code.replace(/[^\n]/g, ' ')
    const prose = text.replace(/^ *```[^]*?^ *```/gm, blank).replace(/`[^`\n]*`|\]\([^)\n]*\)/g, blank)
    return [...prose.matchAll(/(?:.+\n?)+/g)].map((match) => [match.index, match[0]])
  }
  if (/\.(?:sh|ya?ml|properties|schema\.json)$|Dockerfile|^\.ci\/run$/.test(file)) return [[0, text]]
  return []
}

/** Returns the problems of one file, each as a line `file:line: ...`. */
function problemsOf(file: string, text: string): string[] {
  const problems: string[] = []
  const report = (position: number, found: string, advice: string): void => {
    const line = text.slice(0, position).split('\n').length
    problems.push(`${file}:${line}: "${found}"; use: ${advice}`)
  }
  let previousEnd = -1
  let block = ''
  let blockStart = 0
  const checkBlock = (): void => {
    // Line breaks and comment marks become blanks of the same length, so that positions stay.
    const flat = block.replace(/\n[ \t]*(?:\/\/|\*(?!\/)|#)?/g, (mark) => ' '.repeat(mark.length))
    // Several blanks count as one for the patterns: a map leads back to the position.
    const positions: number[] = []
    let single = ''
    for (let index = 0; index < flat.length; index++) {
      if (flat[index] === ' ' && single.endsWith(' ')) continue
      single += flat[index]
      positions.push(index)
    }
    for (const [pattern, advice] of WORDS)
      for (const match of single.matchAll(new RegExp(pattern, 'gi')))
        report(blockStart + (positions[match.index] ?? 0), match[0], advice)
  }
  for (const [position, part] of textsOf(file, text)) {
    const gap = text.slice(previousEnd, position)
    if (part.startsWith('//') && block.startsWith('//') && /^\s*$/.test(gap)) block += gap + part
    else {
      checkBlock()
      block = part
      blockStart = position
    }
    previousEnd = position + part.length
    const doc = /^\/\*\*[\s*]*([^]*)\*\/$/.exec(part)?.[1]
    const fragment = FRAGMENT.exec(doc ?? '')?.[0]
    if (fragment !== undefined) report(position, fragment, 'a full sentence that begins with the thing')
  }
  checkBlock()
  return problems
}

const given = process.argv.slice(2)
const files =
  given.length > 0
    ? given.map((file) => path.relative(PROJECT, path.resolve(file)))
    : projectFiles(PROJECT).filter((file) => !EXEMPT.test(file))
const problems = files.flatMap((file) => problemsOf(file, readFileSync(path.join(PROJECT, file), 'utf8')))
for (const problem of problems) console.error(problem)
if (problems.length > 0) {
  console.error(`${problems.length} places with words that a stranger would not understand.`)
  process.exitCode = 1
}
