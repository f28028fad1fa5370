import { badInput, parseLines } from '../lib/values.js'

/** Options that the action passes itself: the JVM must get them in its arguments, once, with the right values. */
const OWN_OPTIONS =
  /^-XX:(?:CRaCCheckpointTo|CRaCRestoreFrom|CRaCMinPid|CRaCEngine|CRaCEngineOptions|CREngine|CPUFeatures)=/

/** Options whose value is a word of its own. https://docs.oracle.com/en/java/javase/25/docs/specs/man/java.html */
const WITH_VALUE =
  /^(?:--(?:add-(?:exports|opens|reads|modules)|limit-modules|patch-module|enable-native-access|module-path|upgrade-module-path|class-path)|-cp|-classpath|-p)$/

/** A second option in the line of the first one, as in `-Xms32m -Xmx128m`. */
const SECOND_OPTION =
  /\s["']?-(?:[DX]|(?:javaagent|agentlib|agentpath|verbose):|-(?:add|enable|limit|patch|module|upgrade|class|illegal)\b|(?:ea|esa|da|dsa|server|cp|classpath|p|jar|m)\b)/
/** Options whose value is a command line. */
const COMMAND_OPTION = /^-XX:On(?:Error|OutOfMemoryError)=/

/** Options that say what to run, which the application does. */
const WHAT_TO_RUN = /^(?:-jar|-m|--module)$/

const EXPECTED = 'JVM options, one per line, each with its leading dash'

/** Parses the input `java-options`: one option a line, or several as in the variable JDK_JAVA_OPTIONS. */
export function javaOptions(name: string, value: string): string[] {
  return parseLines(name, value).flatMap((line) => {
    if (!line.startsWith('-')) throw badInput(name, line, EXPECTED)
    const words = isSeveral(line) ? split(name, line) : [line]
    words.forEach((word, index) => {
      if (!word.startsWith('-') && !WITH_VALUE.test(words[index - 1] ?? '')) {
        throw badInput(
          name,
          nameOf(line),
          `${EXPECTED}. A value with spaces and dashes needs quotation marks, as in -Dname="a -b"`
        )
      }
      if (OWN_OPTIONS.test(word))
        throw badInput(name, word, 'none of the options that the action sets itself (see `cpu-features`)')
      if (WHAT_TO_RUN.test(word)) throw badInput(name, word, '`application` or `main-class` for what to run')
    })
    return words
  })
}

/** Returns whether a line has several options, or an option and its value. Spaces within one option stay. */
function isSeveral(line: string): boolean {
  const [first = ''] = line.split(/\s/)
  return WITH_VALUE.test(first) || (SECOND_OPTION.test(line) && !COMMAND_OPTION.test(line))
}

/** Returns the beginning of an option. Its value may be secret, so a message does not have it. */
function nameOf(option: string): string {
  return option.split(/[=:\s]/)[0] ?? ''
}

/**
 * Splits a line as the launcher of the JVM splits JDK_JAVA_OPTIONS: at white space, but for text in single or double quotation
 * marks, which are removed. There is no escape character. https://docs.oracle.com/en/java/javase/25/docs/specs/man/java.html#using-the-jdk_java_options-launcher-environment-variable
 */
function split(name: string, line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (const character of line) {
    if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (quote === undefined && /["']/.test(character)) {
      quote = character
      word ??= ''
    } else if (character === quote) quote = undefined
    else word = `${word ?? ''}${character}`
  }
  if (quote !== undefined)
    throw badInput(name, nameOf(line), `a second ${quote}: a quotation mark is not closed`)
  return word === undefined ? words : [...words, word]
}
