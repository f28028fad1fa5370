import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { asFailure } from '../../src/lib/errors.js'
import type { InputName } from '../../src/inputs/inputs.js'
import { createLog } from '../../src/lib/log.js'
import { run } from '../../src/main.js'
import type { World } from '../../src/run/world.js'
import { shipped } from '../../src/shipped.js'
import { criuImage, PAGEMAP } from '../support/criu.js'
import { programsOn } from '../../src/docker/process-group.js'
import { containerJson, fakeDocker, imageJson, type Reply } from '../support/fake-docker.js'
import { holds, hostileText, mustBeClear } from '../support/hostile.js'
import { serve, type TestServer } from '../support/http-server.js'
import { inputsWith } from '../support/inputs.js'
import { writeJar } from '../support/jar.js'
import { JDK_ENTRIES, writeTar } from '../support/tar.js'

jest.setTimeout(120_000)

// The whole run, with a docker command that always succeeds and records its arguments.

/** The options of each command of `docker` that a run uses, and whether they take a value. */
const OPTIONS: Record<string, Record<string, boolean>> = {
  '--version': {},
  version: { '--format': true },
  info: { '--format': true },
  context: { '--format': true },
  pull: { '--quiet': false },
  image: { '--filter': true, '--format': true, '--quiet': false, '--force': false },
  run: {
    ...{ '--rm': false, '--privileged': false, '--label': true, '--network': true, '--entrypoint': true },
    ...{ '--cap-add': true, '--cap-drop': true, '--security-opt': true }
  },
  build: {
    ...{
      '--target': true,
      '--tag': true,
      '--force-rm': false,
      '--file': true,
      '--build-arg': true,
      '--label': true,
      '--output': true
    }
  },
  create: {
    '--no-healthcheck': false,
    '--entrypoint': true,
    '--log-driver': true,
    '--log-opt': true,
    ...{ '--name': true, '--label': true, '--publish': true, '--network': true, '--add-host': true },
    ...{
      '--env-file': true,
      '--privileged': false,
      '--cap-add': true,
      '--cap-drop': true,
      '--security-opt': true
    }
  },
  history: { '--no-trunc': false, '--human': false, '--human=false': false, '--format': true },
  network: { '--format': true },
  save: {},
  start: {},
  wait: {},
  port: {},
  logs: { '--follow': false, '--tail': true },
  container: {},
  exec: {},
  cp: {},
  commit: {},
  tag: {},
  ps: { '--all': false, '--quiet': false, '--filter': true, '--format': true },
  rm: { '--force': false, '--volumes': false }
}

/** Arguments of the action itself, without `--` before them. */
const OURS =
  /^(crac-checkpoint[-/](run-)?0123456789ab\S*|sha256:[0-9a-f]{64}|inspect|ls|rm|show|\d+\/tcp|\/\S+\/(logs\/dump4\.log|work\/images-evidence))$/

/** The words of a command that are none of ours: values of options that take one, and what stands behind `--`. */
function foreign([command = '', ...args]: readonly string[]): string[] {
  const options = OPTIONS[command]
  if (options === undefined) throw new Error(`docker ${command} is not one of the intended commands`)
  const found: string[] = []
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ''
    if (word === '--') return [...found, ...args.slice(index + 1)]
    const takes = options[word]
    if (takes !== undefined) {
      if (takes) found.push(args[++index] ?? '')
    } else if (word.startsWith('-')) throw new Error(`docker ${command} has the option ${word}`)
    else if (command === 'exec' && index > 0) return [...found, ...args.slice(index)]
    else if (command === 'tag' && index === 1) found.push(word)
    else if (!OURS.test(word)) throw new Error(`docker ${command} has the word ${word}`)
  }
  return found
}

describe('hostile inputs in commands', () => {
  const ID = '0123456789ab'
  const IMAGE = `sha256:${'b'.repeat(64)}`
  const root = mkdtempSync(path.join(tmpdir(), 'hostile-commands-'))
  const workspace = path.join(root, 'workspace')
  const evidence = path.join(root, 'evidence')
  let server: TestServer
  beforeAll(async () => {
    server = await serve((_, response) => response.end('ok'))
    mkdirSync(workspace)
    mkdirSync(path.join(evidence, 'images'), { recursive: true })
    await writeJar(path.join(workspace, 'app.jar'), 'example.Main')
    await writeTar(path.join(workspace, 'jdk.tar.gz'), JDK_ENTRIES)
    writeFileSync(path.join(workspace, 'Dockerfile'), 'FROM x\n')
    const files = {
      'dump4.log': '(00.1) Version: 4.1.1 (gitid 0)\n(00.9) Dumping finished successfully\n',
      'images/pagemap-134.img': criuImage(PAGEMAP, { 1: 1 }, { 1: 0x1000, 2: 2, 4: 4 }),
      'inventory.img': 'x',
      files: '40 inventory.img\n60 pagemap-134.img\n8192 pages-1.img\n'
    }
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(evidence, name), content)
  })
  afterAll(async () => {
    await server.close()
    rmSync(root, { recursive: true })
  })

  function engine() {
    let triggered: () => void = () => undefined
    const snapshot = new Promise<void>((resolve) => (triggered = resolve))
    return fakeDocker(async (args): Promise<Reply> => {
      const [command = '', ...rest] = args
      const last = args.at(-1) ?? ''
      switch (command) {
        case 'version':
          return JSON.stringify({
            Server: { Version: '28.2.2', Os: 'linux', Arch: 'amd64', KernelVersion: '6.1.0' }
          })
        case 'info':
          return '{}'
        case 'context':
          return rest[0] === 'inspect' ? 'unix:///var/run/docker.sock' : 'default'
        case 'image':
          if (rest[0] !== 'inspect') return ''
          return imageJson({ Id: IMAGE, Config: { Cmd: ['java', '-jar', '/a.jar'] } })
        case 'run':
          if (args.includes('sh')) return 'CapBnd: 000001ffffffffff\nflags : fpu'
          return 'crac-checkpoint: engines criu\ncrac-checkpoint: trial of system 4.1.1\ncrac-checkpoint: trial of system ended with 0\n'
        case 'build':
          return ''
        case 'port':
          return `127.0.0.1:${new URL(server.url).port}`
        case 'exec':
          if (last.endsWith('trigger.sh')) triggered()
          return 'CR: Checkpoint'
        case 'wait':
          // What is restored lives on.
          await (last.endsWith('-checkpoint') ? snapshot : new Promise<void>(() => undefined))
          return '137'
        case 'cp':
          if (last.endsWith('images-evidence')) cpSync(evidence, last, { recursive: true })
          return ''
        case 'container':
          return containerJson({
            Config: { Hostname: 'host' },
            State: { OOMKilled: false, StartedAt: new Date().toISOString() }
          })
        default:
          return ''
      }
    })
  }

  let count = 0
  async function job(
    given: Partial<Record<InputName, string>>
  ): Promise<{ calls: string[][]; error: unknown; left: string[] }> {
    const inputs = inputsWith(given)
    const asked = engine()
    const runFolder = path.join(root, `run-${count++}`)
    const nothing = (): void => undefined
    const world: World = {
      docker: asked,
      dockerAfterCancel: asked,
      startProgram: programsOn(process.env),
      cancelled: new AbortController().signal,
      repositories: () => {
        throw new Error('nothing is pushed')
      },
      // What would take long is over soon.
      clock: {
        now: () => performance.now(),
        sleep: (duration, signal) =>
          new Promise((resolve, reject) => {
            const timer = setTimeout(resolve, Math.min(duration, 250))
            signal?.addEventListener('abort', () => {
              clearTimeout(timer)
              reject(new Error('aborted'))
            })
          })
      },
      log: createLog({ info: nothing, warning: nothing, startGroup: nothing, endGroup: nothing }),
      platform: 'linux',
      hostname: 'runner',
      patience: { tryTimeout: 100, pauseUnit: 1, longestTotalWait: 1 },
      ...shipped(),
      azulApiUrl: new URL(server.url),
      bellsoftApiUrl: new URL(server.url),
      workspace,
      toolCache: path.join(root, 'cache'),
      environment: {},
      runFolder
    }
    let error: unknown
    try {
      await run(ID, inputs, world)
    } catch (thrown) {
      error = thrown
    }
    const left = readdirSync(runFolder)
    rmSync(runFolder, { recursive: true })
    return { calls: asked.calls.map(({ args }) => args), error, left }
  }

  const FORMS: Partial<Record<InputName, (text: string) => string>> = {
    'build-args': (text) => `NAME=${text}`,
    labels: (text) => `${text.replace(/[\s"'=]/g, '')}=${text}`,
    tags: (text) => `r.example/a:${text}`,
    'java-options': (text) => `-D${text}`,
    arguments: String,
    env: (text) => `DOCKER_HOST=tcp://${text}\nPATH=${text}\nLD_PRELOAD=${text}`,
    'ready-command': (text) => `curl ${text}`,
    'ready-url': (text) => `/${text}`,
    warmup: (text) => `POST /x '${text}' x2`,
    'warmup-script': (text) => `none/${text}`,
    'main-class': String,
    application: String,
    context: (text) => `./${text}`,
    file: (text) => `none/${text}`,
    network: (text) => `n${text}`,
    'base-image': (text) => `debian${text}`,
    'jdk-file': (text) => `none/${text}`,
    'cpu-features': String
  }
  const names = Object.keys(FORMS) as InputName[]
  const STANDARD = {
    distribution: 'file',
    'jdk-file': 'jdk.tar.gz',
    application: 'app.jar',
    tags: 'r.example/a:1',
    // Without what this engine's answers are too simple for.
    'secret-scan': 'off',
    verify: 'false'
  }
  const changes = fc.array(fc.tuple(fc.constantFrom(...names), hostileText), { minLength: 1, maxLength: 3 })

  test('without them the run goes through, so that a hostile one can come as far', async () => {
    const { calls, error, left } = await job(STANDARD)
    expect(error).toBeUndefined()
    expect([...new Set(calls.map(([command]) => command))]).toEqual(
      expect.arrayContaining(['build', 'create', 'commit', 'tag'])
    )
    expect(left).toEqual(['logs'])
  })

  test('some hundred runs: docker gets the intended commands, an input is one whole argument, and nothing is left', async () => {
    const seen = { refused: 0, failed: 0, through: 0 }
    await holds(
      300,
      fc.asyncProperty(changes, async (given) => {
        const inputs = {
          ...STANDARD,
          ...Object.fromEntries(given.map(([name, text]) => [name, (FORMS[name] ?? String)(text)]))
        }
        let ended
        try {
          ended = await job(inputs)
        } catch (error) {
          seen.refused++
          return mustBeClear(error, 'input')
        }
        const { calls, error, left } = ended
        if (error === undefined) seen.through++
        else {
          seen.failed++
          mustBeClear(asFailure(error), 'input', 'application', 'image', 'runner', 'jdk')
        }
        expect(left).toEqual(['logs'])
        for (const call of calls) {
          const words = foreign(call)
          // A value of the environment, which may be a secret, is in none of them.
          expect(words.filter((word) => word.includes('LD_PRELOAD='))).toEqual([])
        }
      })
    )
    expect(seen.through).toBeGreaterThan(30)
    expect(seen.refused).toBeGreaterThan(30)
    expect(seen.failed).toBeGreaterThan(10)
  })
})
