import type { Docker } from '../docker/docker.js'
import type { Content } from './scan-files.js'

interface Inspected {
  Config: { Env?: string[] | null; Labels?: Record<string, string> | null; [other: string]: unknown }
  [other: string]: unknown
}

/** What an image says of itself, for everyone who can pull it: environment, labels, commands, and how each layer was made. */
export async function configurationOf(docker: Docker, image: string): Promise<Content[]> {
  const [{ Config, ...rest }] = JSON.parse(await docker.run(['image', 'inspect', '--', image])) as [Inspected]
  const { Env, Labels, ...settings } = Config
  const history = await docker.run(['history', '--no-trunc', '--format', '{{json .}}', '--', image])
  const steps = history.split('\n').map((line) => (JSON.parse(line) as { CreatedBy: string }).CreatedBy)
  return [
    ...(Env ?? []).map((pair) => content(`environment variable ${pair.replace(/=.*/s, '')}`, pair)),
    ...Object.entries(Labels ?? {}).map(([name, value]) => content(`label ${name}`, value)),
    content('history of the image', steps.join('\n')),
    content('configuration of the image', JSON.stringify({ ...settings, ...rest }))
  ]
}

function content(name: string, text: string): Content {
  return { name, bytes: [Buffer.from(text)] }
}
