import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { chmod, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fingerprintOf, type FingerprintParts } from '../../src/image/fingerprint.js'
import { INPUT_NAMES, type InputName } from '../../src/inputs/inputs.js'
import { imageValues } from '../../src/inputs/read-inputs.js'
import { inputsWith } from '../support/inputs.js'

type Given = Partial<Record<InputName, string>>

let workspace: string
beforeAll(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'fingerprint-'))
  for (const name of ['app', 'docker', 'other']) await mkdir(path.join(workspace, name))
  for (const name of ['app/Main.class', 'docker/Dockerfile', 'other/Main.class', 'body.json', 'warm-up.sh'])
    await writeFile(path.join(workspace, name), name)
})
afterAll(() => rm(workspace, { recursive: true }))

async function fingerprint(given: Given, changed: Partial<FingerprintParts> = {}): Promise<string> {
  const inputs = inputsWith(given)
  return await fingerprintOf({
    version: '1.0.0',
    dockerFolder: path.join(workspace, 'docker'),
    base: { digest: 'sha256:1', workingDirectory: '/home/app' },
    jdkSha256: '2',
    application: applicationOf('app', ['Main']),
    workspace,
    warmup: inputs.warmup,
    warmupScript: inputs.warmupScript,
    inputs: imageValues(inputs),
    ...changed
  })
}

function applicationOf(folder: string, command: string[]): FingerprintParts['application'] {
  const classes = new Map([[path.join(workspace, folder), 'classes']])
  return { command, dependencies: new Map(), classes, files: new Map() }
}

const otherFiles = (): Partial<FingerprintParts> => ({ application: applicationOf('other', ['Main']) })
const otherCommand = (): Partial<FingerprintParts> => ({ application: applicationOf('app', ['Other']) })
const otherBase = (): Partial<FingerprintParts> => ({
  base: { digest: 'sha256:3', workingDirectory: '/home/app' }
})
const furtherFile = (): Partial<FingerprintParts> => ({
  application: {
    ...applicationOf('app', ['Main']),
    files: new Map([['/home/app/body.json', path.join(workspace, 'body.json')]])
  }
})
const otherJdk = (): Partial<FingerprintParts> => ({ jdkSha256: '4' })
const tag = { tags: 'localhost:5000/a:1' }

/** For each input another value than its default, and what an input that is resolved before leads to. */
const OTHER: Record<InputName, Given | [Given, () => Partial<FingerprintParts>]> = {
  context: [{ context: 'other' }, otherFiles],
  application: [{ application: 'app.jar' }, otherFiles],
  'main-class': [{ 'main-class': 'Other' }, otherCommand],
  files: [{ files: 'body.json' }, furtherFile],
  'java-options': { 'java-options': '-Xmx1g' },
  arguments: { arguments: '--a' },
  env: { env: 'A=1' },
  port: { port: '9000' },
  image: [{ image: 'a:1' }, otherBase],
  file: [{ file: 'Dockerfile' }, otherBase],
  command: { command: 'java -jar /a.jar', file: 'Dockerfile' },
  'build-args': [{ 'build-args': 'A=1' }, otherBase],
  'build-target': [{ 'build-target': 'runtime' }, otherBase],
  'build-secrets': [{ 'build-secrets': 'maven=x' }, otherBase],
  'build-ssh': { 'build-ssh': 'default' },
  distribution: [{ distribution: 'zulu' }, otherJdk],
  'java-version': [{ 'java-version': '21' }, otherJdk],
  'jdk-file': [{ distribution: 'file', 'jdk-file': 'jdk.tar.gz' }, otherJdk],
  'jdk-sha256': [{ 'jdk-sha256': 'a'.repeat(64) }, otherJdk],
  'ready-url': { 'ready-url': '/health' },
  'ready-command': { 'ready-command': 'true' },
  'ready-log': { 'ready-log': 'started' },
  'startup-timeout': { 'startup-timeout': '1s' },
  warmup: { warmup: 'GET /a' },
  'warmup-script': { 'warmup-script': 'warm-up.sh' },
  'warmup-timeout': { 'warmup-timeout': '1s' },
  'checkpoint-delay': { 'checkpoint-delay': '1s' },
  'resource-policies': { 'resource-policies': 'log-files' },
  engine: { engine: 'warp' },
  criu: { criu: 'system' },
  memory: { memory: 'loaded' },
  'cpu-features': { 'cpu-features': 'native' },
  privileges: { privileges: 'privileged' },
  archive: { archive: 'off' },
  'on-checkpoint-failure': { 'on-checkpoint-failure': 'archive' },
  'on-unsupported-runner': { 'on-unsupported-runner': 'skip' },
  'on-restore-failure': { 'on-restore-failure': 'exit' },
  'checkpoint-timeout': { 'checkpoint-timeout': '1s' },
  'restore-timeout': { 'restore-timeout': '1s' },
  verify: { verify: 'false' },
  'verify-runs': { 'verify-runs': '7' },
  'max-restore-time': { 'max-restore-time': '1s' },
  'min-speedup': { 'min-speedup': '2' },
  'max-snapshot-size': { 'max-snapshot-size': '1GB' },
  'secret-scan': { 'secret-scan': 'warn' },
  'secret-values': { 'secret-values': 'hunter22' },
  tags: tag,
  push: { ...tag, push: 'true' },
  'skip-unchanged': { ...tag, 'skip-unchanged': 'true' },
  'push-timeout': { 'push-timeout': '1s' },
  'base-image': [{ 'base-image': 'debian:13' }, otherBase],
  'criu-image': { 'criu-image': `acme/criu@sha256:${'a'.repeat(64)}` },
  'reuse-layers': { 'reuse-layers': 'true' },
  labels: { labels: 'a=b' },
  user: { user: '1:1' },
  network: { network: 'n' },
  'add-hosts': { 'add-hosts': 'db:10.0.0.1' },
  'github-token': { 'github-token': 'ghs_1' },
  'github-api-url': { 'github-api-url': 'https://example.com' }
}

const UNRELATED: InputName[] = [
  ...([
    'startup-timeout',
    'warmup-timeout',
    'checkpoint-timeout',
    'restore-timeout',
    'push-timeout',
    'build-ssh'
  ] as const),
  ...([
    'on-unsupported-runner',
    'on-checkpoint-failure',
    'verify-runs',
    'secret-values',
    'tags',
    'push',
    'reuse-layers',
    'skip-unchanged'
  ] as const),
  ...(['network', 'add-hosts', 'github-token', 'github-api-url'] as const)
]

describe('the fingerprint of an image', () => {
  test.each(INPUT_NAMES)('changes with the input %s only if the input changes the image', async (name) => {
    const [given, parts] = [OTHER[name]].flat() as [Given, (() => Partial<FingerprintParts>)?]
    expect(inputsWith(given)).not.toEqual(inputsWith({}))
    const changed = (await fingerprint(given, parts?.())) !== (await fingerprint({}))
    expect(changed).toBe(!UNRELATED.includes(name))
  })

  test('contains the readiness pattern and the counts and the body of a warm-up request', async () => {
    const post = 'POST /a @body.json'
    const all = [
      { 'ready-log': 'started' },
      { 'ready-log': 'ready' },
      { warmup: 'GET /a' },
      { warmup: 'GET /a x2' },
      { warmup: 'GET /a x2 c2' },
      { warmup: post }
    ]
    const before = await Promise.all(all.map((given) => fingerprint(given)))
    await writeFile(path.join(workspace, 'body.json'), 'changed')
    expect(new Set([...before, await fingerprint({ warmup: post })]).size).toBe(all.length + 1)
  })

  test('changes with the version of the action, the working directory and the scripts', async () => {
    const parts: Partial<FingerprintParts>[] = [
      {},
      { version: '1.0.1' },
      { base: { digest: 'sha256:1', workingDirectory: '/' } },
      { dockerFolder: path.join(workspace, 'other') }
    ]
    const all = await Promise.all(parts.map((changed) => fingerprint({}, changed)))
    expect(new Set(all).size).toBe(parts.length)
  })

  test('changes with the content, the name and the executable bit of a file, not with its time', async () => {
    const file = path.join(workspace, 'app/Main.class')
    const seen = [await fingerprint({})]
    await utimes(file, 1, 1)
    expect(await fingerprint({})).toBe(seen[0])
    await writeFile(file, 'other')
    seen.push(await fingerprint({}))
    await chmod(file, 0o755)
    seen.push(await fingerprint({}))
    await rename(file, path.join(workspace, 'app/Other.class'))
    seen.push(await fingerprint({}))
    expect(new Set(seen).size).toBe(4)
  })
})
