import { readFile } from 'node:fs/promises'

interface Event {
  pull_request?: { head?: { repo?: { full_name?: string } | null }; base?: { repo?: { full_name?: string } } }
}

/** Whether the job runs for a pull request from another repository: its token reads, and has none of the secrets. */
export async function fromFork(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const text = await readFile(environment['GITHUB_EVENT_PATH'] ?? '', 'utf8').catch(() => '{}')
  try {
    const { head, base } = (JSON.parse(text) as Event).pull_request ?? {}
    return base !== undefined && head?.repo?.full_name !== base.repo?.full_name
  } catch {
    return false
  }
}
