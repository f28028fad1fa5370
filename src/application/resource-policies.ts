import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from '../lib/errors.js'
import { badInput, parseLines, type Bytes } from '../lib/values.js'

/** What a CRaC JDK does with open resources at a checkpoint: rules, or a file with rules in the workspace. */
export type ResourcePolicies = { text: string } | { file: string }

/** System property with the path of the rules. https://docs.azul.com/core/crac/fd-policies */
export const POLICIES_PROPERTY = 'jdk.crac.resource-policies'

const MAX_SIZE: Bytes = 1024 * 1024

const reopened = (...globs: string[]): string =>
  globs.map((glob) => `type: file\npath: ${glob}\naction: reopen`).join('\n---\n')

/** Rules for resources that many applications have open, by the names that stand for them in the input. */
export const PRESETS: Readonly<Record<string, string>> = {
  'log-files': reopened('**/*.log', '**/*.out', '**/logs/*.txt'),
  h2: reopened('**/*.mv.db', '**/*.trace.db')
}

const TYPES = ['file', 'pipe', 'socket', 'filedescriptor']
const ACTIONS = ['error', 'ignore', 'close', 'reopen']

const FORM = `rules of lines \`key: value\` with \`type\` and \`action\`, separated by \`---\`; a preset (${Object.keys(PRESETS).join(', ')}); or the path of a file with rules`

/** Parses the input: a path, or rules between which a line `---` stands; a line with the name of a preset stands for its rules. */
export function parsePolicies(name: string, value: string): ResourcePolicies | undefined {
  const lines = parseLines(name, value)
  const [first] = lines
  if (first === undefined) return undefined
  if (lines.length === 1 && !first.includes(': ') && !Object.hasOwn(PRESETS, first)) {
    if (!/[./]/.test(first)) throw badInput(name, first, FORM)
    return { file: first }
  }
  return { text: rulesOf(name, lines) }
}

/** Returns the rules; a file is relative to the workspace. Throws a Failure for a file that is missing or has other text. */
export async function policiesText(policies: ResourcePolicies, workspace: string): Promise<string> {
  if ('text' in policies) return policies.text
  const file = path.resolve(workspace, policies.file)
  const text = await readRules(file).catch((error: unknown) => {
    throw badInput(
      'resource-policies',
      policies.file,
      `${FORM}, relative to the workspace (${messageOf(error)})`
    )
  })
  return rulesOf('resource-policies', parseLines('resource-policies', text))
}

async function readRules(file: string): Promise<string> {
  const entry = await stat(file)
  if (!entry.isFile()) throw new Error('it is not a file')
  if (entry.size > MAX_SIZE) throw new Error(`it has more than ${MAX_SIZE} bytes`)
  return await readFile(file, 'utf8')
}

function rulesOf(name: string, lines: readonly string[]): string {
  const rules: string[][] = [[]]
  for (const line of lines) {
    const preset = Object.hasOwn(PRESETS, line) ? PRESETS[line] : undefined
    if (line === '---') rules.push([])
    else if (preset !== undefined) rules.push([preset], [])
    else if (!line.startsWith('#')) rules.at(-1)?.push(line)
  }
  const given = rules.filter((rule) => rule.length > 0)
  for (const rule of given)
    if (!(rule.length === 1 && Object.values(PRESETS).includes(rule[0] ?? ''))) check(name, rule)
  if (given.length === 0) throw badInput(name, lines.join(' '), FORM)
  return `${given.map((rule) => rule.join('\n')).join('\n---\n')}\n`
}

/** Throws a Failure for a rule that the JDK would refuse, only when the checkpoint is taken. */
function check(name: string, rule: readonly string[]): void {
  const pairs = new Map(
    rule.map((line): [string, string] => {
      const [, key, value = ''] = /^([A-Za-z]+):\s+(\S.*)$/.exec(line) ?? []
      if (key === undefined) throw badInput(name, line, FORM)
      return [key, value]
    })
  )
  const [type, action] = [pairs.get('type')?.toLowerCase() ?? '', pairs.get('action')?.toLowerCase() ?? '']
  const text = rule.join('; ')
  if (!TYPES.includes(type)) throw badInput(name, text, `a \`type\` among ${TYPES.join(', ')} in each rule`)
  if (!ACTIONS.includes(action))
    throw badInput(name, text, `an \`action\` among ${ACTIONS.join(', ')} in each rule`)
}
