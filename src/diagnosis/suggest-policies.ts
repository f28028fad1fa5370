import { MOST_LISTED, type OpenResource } from './checkpoint-exception.js'

/** Files for which the input `resource-policies` has a preset (src/application/resource-policies.ts). */
const PRESETS: readonly [name: string, path: RegExp][] = [
  ['log-files', /\.(?:log|out)$|\/logs\/[^/]+\.txt$/],
  ['h2', /\.(?:mv|trace)\.db$/]
]

/** Returns the input `resource-policies` with a preset or a rule for each open resource. */
export function suggestPolicies(resources: readonly OpenResource[]): string {
  const rules = resources.slice(0, MOST_LISTED).map(({ kind, description, listens, ports }) => {
    const path = /(\/\S.*?)(?: \([\w ]+\))?$/.exec(description)?.[1]
    const preset = kind === 'file' && PRESETS.find(([, pattern]) => pattern.test(path ?? ''))
    if (preset) return preset[0]
    if (kind === 'file') return ['type: file', `path: ${path ?? description}`, 'action: reopen'].join('\n')
    if (kind !== 'socket') return [`# ${description}`, 'type: filedescriptor', 'action: ignore'].join('\n')
    // A client has another local port each time.
    const [end, port] = listens ? ['localPort', ports.local] : ['remotePort', ports.remote]
    const who = listens
      ? '# A server: the application has to open it again after the restore.'
      : '# The application must detect that the socket is closed, and open it again.'
    return [who, 'type: socket', ...(port === undefined ? [] : [`${end}: ${port}`]), 'action: close'].join(
      '\n'
    )
  })
  return `${[...new Set(rules)].join('\n---\n')}\n`
}
