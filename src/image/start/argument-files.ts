/** Options of java whose value is the next word. */
const WITH_VALUE = new Set([
  ...['-cp', '-classpath', '--class-path', '-p', '--module-path', '--upgrade-module-path', '--add-modules'],
  ...['--limit-modules', '--add-exports', '--add-opens', '--add-reads', '--patch-module', '--source'],
  ...['--enable-native-access', '--illegal-native-access', '--describe-module', '-d']
])

/** A main class, module or archive is the next word: the arguments of the application are behind it. */
const BEFORE_MAIN = new Set(['-jar', '-m', '--module'])

/** A token of an argument file: between quotation marks, `\` keeps the next character. */
const TOKEN =
  /[ \t\n\r\f]+|#[^\n\r]*|((?:[^ \t\n\r\f"'#\\]|"(?:[^"\\\n\r]|\\[^\n\r])*"|'(?:[^'\\\n\r]|\\[^\n\r])*')+)/y

const QUOTED = /(["'])((?:(?!\1)[^\\]|\\.)*)\1/g

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f' }

/** The system refuses to start a program with a longer word. Bytes. */
const LONGEST_WORD = 128 * 1024

/**
 * Returns the words behind `java`, each argument file (`@file`) replaced by its content as java itself reads it; a file that
 * cannot be read, or that has something unusual in it, stays as it is. `read` returns the text of a file in the image.
 * https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html#java-command-line-argument-files
 */
export async function withoutArgumentFiles(
  words: readonly string[],
  read: (file: string) => Promise<string | undefined>
): Promise<string[]> {
  const found: string[] = []
  let needsValue = false
  let expands = true
  const add = (word: string): void => {
    found.push(word)
    if (word === '--disable-@files' || word.startsWith('--module=')) expands = false
    else if (!word.startsWith('-')) {
      if (!needsValue) expands = false
      needsValue = false
    } else needsValue = WITH_VALUE.has(word)
  }
  for (const [index, word] of words.entries()) {
    // `@@name` is the word `@name`, and stays as it is for java.
    if (!expands || !/^@[^@]/.test(word)) add(word)
    else {
      const text = await read(word.slice(1))
      const inFile = text === undefined ? undefined : tokensOf(text)
      // Only java can read it, and what the next words are depends on it.
      if (inFile === undefined) return [...found, ...words.slice(index)]
      inFile.forEach(add)
    }
  }
  return found
}

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text)
    if (match === null) return undefined
    const [, token] = match
    if (token === undefined) continue
    // java reads `a#b` differently between versions.
    if (text[TOKEN.lastIndex] === '#') return undefined
    tokens.push(
      token.replaceAll(QUOTED, (_, __, inside: string) =>
        inside.replaceAll(/\\(.)/g, (___, char: string) => ESCAPES[char] ?? char)
      )
    )
  }
  return tokens.some((token) => Buffer.byteLength(token) >= LONGEST_WORD || token.startsWith('@'))
    ? undefined
    : tokens
}

/** Returns the main class among the words behind `java`; undefined where they start an archive or a module. */
export function mainClassIn(words: readonly string[]): string | undefined {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (BEFORE_MAIN.has(word) || word.startsWith('--module=')) return undefined
    if (WITH_VALUE.has(word)) index++
    else if (!word.startsWith('-')) return word
  }
  return undefined
}
