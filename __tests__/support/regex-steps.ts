import { parseRegExpLiteral, type AST } from '@eslint-community/regexpp'

/** Goes on with a match at a position; returns whether the rest matches. */
type Rest = (at: number) => boolean
type Matcher = (at: number, rest: Rest) => boolean

/** Thrown within a search that takes more steps than its limit. */
class TooManySteps extends Error {}

/**
 * Returns the number of steps in which a backtracking engine searches a text for a pattern: characters that it compares, and positions
 * at which it begins. Unlike time, the number is the same in every run. Stops above the limit.
 */
export function stepsOf(pattern: RegExp, text: string, limit: number): number {
  let steps = 0
  const step = (): void => {
    if (++steps > limit) throw new TooManySteps()
  }
  const groups = new Map<AST.CapturingGroup, [number, number]>()

  /** Returns the pattern of a single character as a function of the position. */
  function characterAt(node: AST.Element): ((at: number) => boolean) | undefined {
    if (!['Character', 'CharacterSet', 'CharacterClass', 'ExpressionCharacterClass'].includes(node.type))
      return undefined
    const one = new RegExp(`^${node.raw}$`, pattern.flags.replace(/[gymd]/g, ''))
    // 0: not known, 1: no, 2: yes.
    const known = new Uint8Array(0x10000)
    return (at) => {
      step()
      if (at >= text.length) return false
      const code = text.charCodeAt(at)
      known[code] ||= one.test(text[at] ?? '') ? 2 : 1
      return known[code] === 2
    }
  }

  function sequence(elements: readonly AST.Element[]): Matcher {
    const parts = elements.map(matcher)
    return (at, rest) => {
      const from = (index: number, position: number): boolean => {
        const part = parts[index]
        return part === undefined ? rest(position) : part(position, (next) => from(index + 1, next))
      }
      return from(0, at)
    }
  }

  function alternatives(nodes: readonly AST.Alternative[]): Matcher {
    const all = nodes.map(({ elements }) => sequence(elements))
    return (at, rest) => all.some((one) => one(at, rest))
  }

  function quantifier({ element, min, max, greedy }: AST.Quantifier): Matcher {
    const character = characterAt(element)
    if (character !== undefined) {
      return (at, rest) => {
        let count = 0
        while (count < (greedy ? max : min) && character(at + count)) count++
        if (count < min) return false
        if (!greedy) {
          for (; ; count++) {
            if (rest(at + count)) return true
            if (count >= max || !character(at + count)) return false
          }
        }
        for (; count >= min; count--) {
          step()
          if (rest(at + count)) return true
        }
        return false
      }
    }
    const part = matcher(element)
    const from = (at: number, count: number, rest: Rest): boolean => {
      step()
      const more = (): boolean =>
        count < max && part(at, (next) => (next > at || count < min) && from(next, count + 1, rest))
      if (count < min) return more()
      return greedy ? more() || rest(at) : rest(at) || more()
    }
    return (at, rest) => from(at, 0, rest)
  }

  function assertion(node: AST.Assertion): Matcher {
    if (node.kind === 'lookahead') {
      const inner = alternatives(node.alternatives)
      return (at, rest) => inner(at, () => true) !== node.negate && rest(at)
    }
    // The others, all short, read the characters next to the position.
    const here = new RegExp(node.raw, `${pattern.flags.replace(/[gy]/g, '')}y`)
    return (at, rest) => {
      step()
      here.lastIndex = at
      return here.test(text) && rest(at)
    }
  }

  function matcher(node: AST.Element): Matcher {
    const character = characterAt(node)
    if (character !== undefined) return (at, rest) => character(at) && rest(at + 1)
    if (node.type === 'Group') return alternatives(node.alternatives)
    if (node.type === 'Quantifier') return quantifier(node)
    if (node.type === 'Assertion') return assertion(node)
    if (node.type === 'CapturingGroup') return group(node)
    if (node.type === 'Backreference') return reference(node)
    throw new Error(`unknown part of a pattern: ${node.type}`)
  }

  function group(node: AST.CapturingGroup): Matcher {
    const inner = alternatives(node.alternatives)
    return (at, rest) =>
      inner(at, (end) => {
        const before = groups.get(node)
        groups.set(node, [at, end])
        if (rest(end)) return true
        if (before === undefined) groups.delete(node)
        else groups.set(node, before)
        return false
      })
  }

  function reference({ resolved }: AST.Backreference): Matcher {
    const [node] = [resolved].flat()
    return (at, rest) => {
      const [begin, end] = (node && groups.get(node)) ?? [0, 0]
      const same = text.slice(begin, end)
      for (let index = 0; index < same.length; index++) step()
      return text.startsWith(same, at) && rest(at + same.length)
    }
  }

  const branches = parseRegExpLiteral(pattern).pattern.alternatives
  const whole = alternatives(branches)
  const isAnchored =
    !pattern.multiline &&
    branches.every(({ elements: [first] }) => first?.type === 'Assertion' && first.kind === 'start')
  try {
    // V8 tries a pattern that begins with ^ at the first position only.
    for (let at = 0; at <= (isAnchored ? 0 : text.length); at++) {
      step()
      groups.clear()
      if (whole(at, () => true)) break
    }
  } catch (error) {
    // A RangeError is the end of the stack, which V8 does not need for a group that repeats.
    if (!(error instanceof TooManySteps || error instanceof RangeError)) throw error
  }
  return steps
}

/** Characters to repeat where a part of a pattern accepts many. */
const CANDIDATES = [...'a0 A/.:-_(["\'{=,;\\<%@#\t\n$é']

/**
 * Returns lines that are slow for a pattern if any line is: beginnings of its matches, up to each repetition in it, over and over, and
 * the characters of each repetition, alone and behind such a beginning.
 */
export function hostileLines(pattern: RegExp, length: number): string[] {
  const flags = pattern.flags.replace(/[gymd]/g, '')
  const units = new Set<string>()
  const pumped = new Set<string>()

  /** Returns a character that matches a part; undefined for other parts. */
  function characterOf(node: AST.Element): string | undefined {
    if (node.type === 'Character') return String.fromCodePoint(node.value)
    if (!['CharacterSet', 'CharacterClass'].includes(node.type)) return undefined
    const one = new RegExp(`^${node.raw}$`, flags)
    return (
      CANDIDATES.find((character) => one.test(character)) ??
      String.fromCharCode([...Array(256).keys()].find((code) => one.test(String.fromCharCode(code))) ?? 0)
    )
  }

  /** Returns short texts that match a part, behind a beginning; notes a unit at each repetition. */
  function shortest(node: AST.Element, before: string): string {
    const character = characterOf(node)
    if (character !== undefined) return character
    if (node.type === 'Group' || node.type === 'CapturingGroup') {
      const all = node.alternatives.map(({ elements }) => sequence(elements, before))
      return all.reduce((one, other) => (other.length < one.length ? other : one))
    }
    if (node.type !== 'Quantifier') return ''
    const once = shortest(node.element, before)
    if (node.max > 8) {
      units.add(before).add(before + once)
      pumped.add(once).add(`\0${before}\0${once}`)
    }
    return once.repeat(Math.min(node.min, length))
  }

  function sequence(elements: readonly AST.Element[], before: string): string {
    let text = ''
    for (const element of elements) text += shortest(element, before + text)
    return text
  }

  for (const { elements } of parseRegExpLiteral(pattern).pattern.alternatives)
    units.add(sequence(elements, ''))
  const filled = (unit: string): string =>
    unit.repeat(Math.ceil(length / Math.max(unit.length, 1))).slice(0, length)
  return [
    ...[...units].filter((unit) => unit !== '').map(filled),
    ...[...pumped].map((unit) => {
      const [, before, once] = unit.startsWith('\0') ? unit.split('\0') : ['', '', unit]
      return `${before}${filled(once || 'a')}`.slice(0, length)
    })
  ].flatMap((line) => [line, `${line.slice(0, -1)}\u0001`])
}
