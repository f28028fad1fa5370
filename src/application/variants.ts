/** Ends of the names of jars that contain another jar and its libraries, as build tools write them. */
const BUNDLE =
  /-(?:standalone|all|fat|shaded|uber|exec|boot|jar-with-dependencies|runner|assembly(?:-[\w.-]+)?)$/
/** Ends of the names of jars that are never run. */
const NOT_RUN = /-(?:sources|javadoc|tests|test-sources|plain)$/

/**
 * Returns the archives of a folder that may be run: without those that another one contains, such as `app.jar` beside
 * `app-standalone.jar` or `original-app.jar` beside `app.jar`, and without sources and tests.
 */
export function withoutPartsOf(names: readonly string[]): string[] {
  const stems = new Map(names.map((name) => [name, name.slice(0, name.lastIndexOf('.'))]))
  const all = new Set(stems.values())
  const bundled = new Set(
    [...all].filter((stem) => BUNDLE.test(stem)).map((stem) => stem.replace(BUNDLE, ''))
  )
  return names.filter((name) => {
    const stem = stems.get(name) ?? ''
    const original = stem.startsWith('original-') && all.has(stem.slice('original-'.length))
    return !bundled.has(stem) && !original && !NOT_RUN.test(stem)
  })
}
