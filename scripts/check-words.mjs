// Part of `npm run lint`: finds words in comments, messages and docs that are not plain, standard English.
// docs/architecture.md has the glossary with the words to use instead.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** Patterns of words, each with its replacement. */
const WORDS = [
  [/\b(?:told|tells?|telling)\b(?! apart)/i, 'report, say, show'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\bcures?\b/i, 'fix'],
  [/\bwhoever\b/i, 'name the person: workflow author, registry administrator'],
  [/\bof others\b/i, 'untrusted, or name the source'],
  [/\brungs?\b/i, 'privilege level'],
  [/\b(?:held|holds?|holding) (?:\w+ ){0,6}against\b/i, 'verify against, compare with'],
  [/\b(?:is|are|was|were) no (?!longer\b)\w+/i, 'is not a ...'],
  [/\bnot to be had\b/i, 'is not available'],
  [/\brooms?\b/i, 'disk space, folder'],
  [/\basked\b/i, 'requested, queried'],
  [/\bby turns\b/i, 'alternately'],
  [/\blook(?:s|ed|ing)? (?:at|for|into)\b/i, 'read, search, inspect, check'],
  [/\banswered well\b/i, 'got a successful response'],
  [/\bto be told from\b/i, 'to be distinguished from'],
  [/\bcan pass\b/i, 'is transient']
]

/** Beginnings of doc comments that only make sense together with the line above them. */
const FRAGMENT = /^(?:Of|The same|Those|Such|Likewise|So many)\b/

let problems = 0

function report(file, line, text, found, advice) {
  problems++
  console.error(`${file}:${line}: "${found}" in "${text.trim().slice(0, 100)}"; use: ${advice}`)
}

function check(file, line, text) {
  for (const [pattern, advice] of WORDS) {
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) report(file, line, text, found, advice)
  }
}

function checkLines(file, firstLine, text) {
  text.split('\n').forEach((line, index) => check(file, firstLine + index, line))
}

function checkTypeScript(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line + 1
  const seen = new Set()
  function comments(position) {
    for (const ranges of [
      ts.getLeadingCommentRanges(text, position),
      ts.getTrailingCommentRanges(text, position)
    ]) {
      for (const { pos, end } of ranges ?? []) {
        if (seen.has(pos)) continue
        seen.add(pos)
        const comment = text.slice(pos, end)
        checkLines(file, lineOf(pos), comment)
        const first = /^\/\*\*\s*([^]*?)\s*\*\/$/.exec(comment)?.[1] ?? ''
        if (FRAGMENT.test(first))
          report(
            file,
            lineOf(pos),
            first,
            FRAGMENT.exec(first)[0],
            'begin with the thing, in a full sentence'
          )
      }
    }
  }
  function visit(node) {
    comments(node.getFullStart())
    comments(node.getEnd())
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddle(node) ||
      ts.isTemplateTail(node)
    ) {
      if (!ts.isImportDeclaration(node.parent) && !ts.isExportDeclaration(node.parent))
        checkLines(file, lineOf(node.getStart()), node.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
}

function checkMarkdown(file, text) {
  let inCode = false
  text.split('\n').forEach((line, index) => {
    if (/^\s*```/.test(line)) inCode = !inCode
    else if (!inCode) check(file, index + 1, line.replace(/`[^`]*`|\]\([^)]*\)/g, ' '))
  })
}

function checkHashComments(file, text) {
  text.split('\n').forEach((line, index) => {
    const comment = /(?:^|\s)#(?!!)(.*)$/.exec(line)?.[1]
    if (comment !== undefined) check(file, index + 1, comment)
  })
}

/** Files with text that is not ours: samples of log lines, and this list. */
const EXEMPT =
  /^(?:dist\/|LICENSE|package-lock\.json|scripts\/check-words\.mjs|__tests__\/project\/words\.test\.ts|__tests__\/diagnosis\/samples\.json|docs\/troubleshooting\.md)/

const given = process.argv.slice(2)
const files =
  given.length > 0
    ? given.map((file) => path.relative(ROOT, path.resolve(file)))
    : execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
        cwd: ROOT,
        encoding: 'utf8'
      })
        .trim()
        .split('\n')
        .filter((file) => !EXEMPT.test(file))
for (const file of files) {
  let text
  try {
    text = readFileSync(path.join(ROOT, file), 'utf8')
  } catch {
    continue
  }
  if (/\.(?:ts|mjs|js)$/.test(file)) checkTypeScript(file, text)
  else if (file.endsWith('.md')) checkMarkdown(file, text)
  else if (file === 'action.yml') checkLines(file, 1, text)
  else if (/\.(?:sh|ya?ml)$|Dockerfile/.test(file)) checkHashComments(file, text)
}
if (problems > 0) {
  console.error(`${problems} places with words that a stranger would not understand.`)
  process.exit(1)
}
