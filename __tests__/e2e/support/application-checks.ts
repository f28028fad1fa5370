import { expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { request } from 'node:https'
import { connect } from 'node:http2'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PROJECT } from '../../../lab/home.js'
import { ensureMavenBuild } from '../../../lab/maven.js'
import { progressOnStderr } from '../../../lab/progress.js'
import { callUntilAnswer } from '../../../lab/started-image.js'
import type { Answer, Application, LogAnswer, Outcome, Refused, Restored } from './application-list.js'
import {
  docker,
  errorOf,
  freshTag,
  pulledAgain,
  registryDigest,
  runAction,
  untilLogged,
  withStarted,
  world
} from './lab.js'

type Pulled = Parameters<Parameters<typeof pulledAgain>[2]>[0]

const FOLDER = path.join(PROJECT, '__tests__/e2e/long/applications')

/** Fails instead of a normal start: what answers was restored. */
const RESTORED = { CRAC_ON_RESTORE_FAILURE: 'exit' }

/** The scan for secrets, which runAction leaves out, and time for a busy machine. */
export const SCANNED = { 'secret-scan': 'fail', 'startup-timeout': '5m' }

/** An application, and what the action has to do with it. */
export interface Provable extends Pick<Application, 'name' | 'inputs' | 'line' | 'peer'> {
  expected: Pick<Restored, 'answer'> | Refused
}

/** Builds an application, runs the action on it, and expects the answer of the pushed image, or the cause and the fix. */
export async function proves(application: Provable, common: Record<string, string> = {}): Promise<Outcome> {
  const { name, inputs = {}, line = '', peer, expected } = application
  const sources = path.join(FOLDER, name)
  await ensureMavenBuild(sources, world, progressOnStderr)
  const tag = freshTag(name)
  return await withPeer(peer, async (network) => {
    const workspace = path.join(sources, 'target')
    const proof: Record<string, string> = line === '' ? {} : { 'verify-runs': '1' }
    const given = { context: workspace, tags: tag, push: 'true', ...proof, ...common, ...network, ...inputs }
    const step = await runAction(given, { workspace })
    expect(step.left).toEqual([])
    if ('answer' in expected) {
      if (step.exitCode !== 0) throw new Error(step.log)
      expect(step.log).toContain(line)
      await pulledAgain(tag, step, async (pulled) => await expectAnswer(pulled, expected.answer))
      return { name, result: 'restored' }
    }
    expect(step.exitCode).toBe(1)
    const message = errorOf(step)
    expect(message).toContain('category: application')
    expect(message).toContain(expected.cause)
    expect(message.slice(message.indexOf('Fix: '))).toContain(expected.fix)
    expect(await registryDigest(tag)).toBeUndefined()
    return { name, result: 'refused' }
  })
}

async function expectAnswer(pulled: Pulled, answer: Answer): Promise<void> {
  if ('body' in answer)
    await withStarted({ ...pulled, variables: RESTORED }, async (started) => {
      expect(await callUntilAnswer(started, answer.at)).toMatch(answer.body)
    })
  else if ('log' in answer) await expectLog(pulled, answer)
  else if ('overTls' in answer)
    await withStarted({ ...pulled, port: 8443, variables: RESTORED }, async ({ url }) => {
      const get = async (): Promise<string> => await getOverTls(url.replace('http:', 'https:'))
      expect(await untilAnswered(get)).toBe(answer.overTls)
    })
  else if ('grpcHealth' in answer)
    await withStarted({ ...pulled, port: 50051, variables: RESTORED }, async ({ url }) => {
      expect(await untilAnswered(async () => await callHealth(url))).toBe(answer.grpcHealth)
    })
  else expect(printedBy(pulled, answer.call)).toBe(answer.prints)
}

async function expectLog(pulled: Pulled, { log, never, variables = {} }: LogAnswer): Promise<void> {
  await withStarted({ ...pulled, variables: { ...RESTORED, ...variables } }, async ({ name }) => {
    const written = await untilLogged(name, log)
    expect(written).not.toMatch(never)
  })
}

/** Runs main again in the restored process, with the arguments of the container, and returns its output. */
function printedBy({ environment, image, flags }: Pulled, call: readonly string[]): string {
  const variables = { ...RESTORED, CRAC_ARGUMENTS: 'main' }
  const names = Object.keys(variables).flatMap((name) => ['--env', name])
  return execFileSync('docker', ['run', '--rm', ...flags, ...names, image, ...call], {
    env: { ...environment, ...variables },
    encoding: 'utf8'
  })
}

async function untilAnswered(call: () => Promise<string>): Promise<string> {
  const end = Date.now() + 20_000
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(50)
    }
  }
}

async function getOverTls(url: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const call = request(url, { agent: false, rejectUnauthorized: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve(body)).on('error', reject)
    })
    call.on('error', reject).end()
  })
}

/** Calls the health service of gRPC with an empty request, and returns its message as hexadecimal digits. */
async function callHealth(url: string): Promise<string> {
  const session = connect(url)
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject)
      const call = session.request({
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers'
      })
      const parts: Buffer[] = []
      const heads: string[] = []
      for (const event of ['response', 'trailers'])
        call.on(event, (headers: object) => heads.push(JSON.stringify(headers)))
      call.on('data', (part: Buffer) => parts.push(part)).on('error', reject)
      call.on('close', () => {
        // What takes connections before the server listens closes them.
        if (parts.length > 0) resolve(Buffer.concat(parts).toString('hex'))
        else reject(new Error(`no message: ${heads.join(' ')}`))
      })
      call.end(Buffer.alloc(5))
    })
  } finally {
    session.close()
  }
}

/** Runs the work with the input `network` of a network in which the peer is, if there is one. */
async function withPeer<T>(
  peer: Application['peer'],
  work: (inputs: Record<string, string>) => Promise<T>
): Promise<T> {
  if (peer === undefined) return await work({})
  const network = `e2e-peer-${process.pid}-${Date.now().toString(36)}`
  const { alias, program } = peer
  docker('network', 'create', network)
  try {
    const perl = ['perl', '-MIO::Socket::INET', '-e', program]
    docker(
      'run',
      '--detach',
      '--name',
      network,
      '--network',
      network,
      '--network-alias',
      alias,
      world.baseImage,
      ...perl
    )
    return await work({ network })
  } finally {
    docker('rm', '--force', network)
    docker('network', 'rm', network)
  }
}
