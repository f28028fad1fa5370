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
import {
  containerLog,
  docker,
  errorOf,
  freshTag,
  pulledAgain,
  registryDigest,
  runAction,
  withStarted,
  world
} from './lab.js'

type Pulled = Parameters<Parameters<typeof pulledAgain>[2]>[0]

/** What the pushed image does after it was pulled. */
type Check = (pulled: Pulled) => Promise<void>

/** One of the applications in __tests__/e2e/long/applications. */
export interface Application {
  name: string
  inputs?: Record<string, string>
  /** A line of the log. */
  line?: string
  /** A server beside the application, in a network of both, under this name. */
  peer?: { alias: string; program: string }
  expected: { answer: Check } | { refused: { cause: string; fix: string } }
}

const FOLDER = path.join(PROJECT, '__tests__/e2e/long/applications')

/** Fails instead of a normal start: what answers was restored. */
const RESTORED = { CRAC_ON_RESTORE_FAILURE: 'exit' }

export const answers =
  (expected: string | RegExp, at = ''): Check =>
  async (pulled) => {
    await withStarted({ ...pulled, variables: RESTORED }, async (started) => {
      expect(await callUntilAnswer(started, at)).toMatch(expected)
    })
  }

export const logs =
  (expected: RegExp, unexpected: RegExp, variables: Record<string, string> = {}): Check =>
  async (pulled) => {
    await withStarted({ ...pulled, variables: { ...RESTORED, ...variables } }, async ({ name }) => {
      const end = Date.now() + 20_000
      while (!expected.test(containerLog(name)) && Date.now() < end) await sleep(50)
      expect(containerLog(name)).toMatch(expected)
      expect(containerLog(name)).not.toMatch(unexpected)
    })
  }

const answersOverTls: Check = async (pulled) => {
  await withStarted({ ...pulled, port: 8443, variables: RESTORED }, async ({ url }) => {
    expect(await untilAnswered(async () => await getOverTls(url.replace('http:', 'https:')))).toBe(
      'Hello over TLS'
    )
  })
}

/** Calls the health service of gRPC: an empty request, to which SERVING is field 1 with the value 1. */
const servesGrpc: Check = async (pulled) => {
  await withStarted({ ...pulled, port: 50051, variables: RESTORED }, async ({ url }) => {
    expect(await untilAnswered(async () => await callHealth(url))).toBe('00000000020801')
  })
}

/** Runs main again in the restored process, with the arguments of the container. */
const compilesOneCall: Check = async ({ environment, image, flags }) => {
  const variables = { ...RESTORED, CRAC_ARGUMENTS: 'main' }
  const names = Object.keys(variables).flatMap((name) => ['--env', name])
  const output = await Promise.resolve(
    execFileSync('docker', ['run', '--rm', ...flags, ...names, image, 'a', 'call'], {
      env: { ...environment, ...variables },
      encoding: 'utf8'
    })
  )
  expect(output).toBe('compiled: A CALL\n')
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

/** Programs of perl, which every Debian has. */
const LISTEN = (port: number): string =>
  `$s = IO::Socket::INET->new(LocalPort => ${port}, Listen => 9, ReuseAddr => 1) or die;`
/** Takes connections, and says nothing on them: a broker that is busy. */
const SILENT_BROKER = `${LISTEN(9092)} while ($c = $s->accept) { push @kept, $c }`
/** Answers each request with 200, and keeps the connection. */
const COLLECTOR = `${LISTEN(4318)} $SIG{CHLD} = "IGNORE"; while ($c = $s->accept) { next if fork; for (;;) { $l = 0; $any = 0; while (defined($_ = <$c>) && /\\S/) { $any = 1; $l = $1 if /^content-length: (\\d+)/i } last unless $any; read $c, $b, $l; syswrite $c, "HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\n\\r\\n" } exit }`

const AGENT = '/app/opentelemetry-javaagent.jar'

const listens = { cause: 'an open socket, ', fix: 'Add `org.crac:crac` to the dependencies' }

/** The applications; docs/frameworks.md has what came out, from one run. */
export const APPLICATIONS: readonly Application[] = [
  { name: 'spring-boot-war', expected: { answer: answers('Hello from a war') } },
  { name: 'webflux', expected: { answer: answers('Hello from WebFlux') } },
  {
    name: 'kafka-consumer',
    peer: { alias: 'kafka', program: SILENT_BROKER },
    inputs: { env: 'KAFKA=kafka:9092', 'ready-log': 'subscribed to orders' },
    expected: {
      answer: logs(/subscribed to orders at 127\.0\.0\.1:9092/, /at kafka:9092/, { KAFKA: '127.0.0.1:9092' })
    }
  },
  { name: 'grpc', inputs: { port: '50051' }, expected: { answer: servesGrpc } },
  {
    name: 'quarkus-management',
    expected: {
      refused: {
        cause: 'The management server of the framework listens on port 9000, beside that of the application.',
        fix: 'Set `quarkus.management.enabled=false`'
      }
    }
  },
  {
    name: 'micronaut-kafka',
    peer: { alias: 'kafka', program: SILENT_BROKER },
    inputs: { env: 'KAFKA_BOOTSTRAP_SERVERS=kafka:9092' },
    expected: { refused: { cause: '(fw-kafka)', fix: 'Kafka' } }
  },
  { name: 'dropwizard', expected: { answer: answers('Hello from Dropwizard') } },
  { name: 'vertx', expected: { answer: answers('Hello from Vert.x') } },
  {
    name: 'javalin',
    expected: { refused: { ...listens, cause: 'Jetty is on the class path, but org.crac:crac is not.' } }
  },
  { name: 'ktor', expected: { answer: answers('Hello from Ktor') } },
  { name: 'http4s', expected: { refused: listens } },
  {
    name: 'spring-cloud-function',
    inputs: { warmup: 'GET /reverse/crac x20' },
    expected: { answer: answers('carc', 'reverse/crac') }
  },
  { name: 'jetty', expected: { answer: answers('Hello from Jetty') } },
  { name: 'undertow', expected: { refused: listens } },
  { name: 'tomcat', expected: { answer: answers('Hello from Tomcat') } },
  {
    name: 'scheduler',
    inputs: { 'ready-log': 'run 5$', 'verify-runs': '1' },
    line: 'Nothing listens on the port of the application: no request is sent to it.',
    // It goes on where it was.
    expected: { answer: logs(/^run \d+$/m, /^run [1-5]$/m) }
  },
  {
    name: 'waiting-cli',
    inputs: { 'ready-command': 'test -e /tmp/waiting' },
    expected: { answer: compilesOneCall }
  },
  {
    name: 'opentelemetry-agent',
    peer: { alias: 'collector', program: COLLECTOR },
    inputs: {
      files: `lib/opentelemetry-javaagent-2.31.1.jar:${AGENT}`,
      'java-options': `-javaagent:${AGENT}`,
      env: 'OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\nOTEL_METRIC_EXPORT_INTERVAL=500'
    },
    expected: {
      refused: {
        cause: 'belongs to the Java agent of OpenTelemetry',
        fix: 'Leave the agent out of the application that is checkpointed'
      }
    }
  },
  {
    name: 'sqlite',
    inputs: { warmup: 'GET / x5' },
    // The rows of the warm-up are in the memory of the library.
    expected: { answer: answers(/^request ([6-9]|\d\d)$/) }
  },
  { name: 'tls-only', inputs: { port: '8443' }, expected: { answer: answersOverTls } }
]

/** Applications that `npm test` runs. */
export const IN_CI = ['spring-boot-war', 'scheduler', 'sqlite', 'tls-only']

/** Builds an application, runs the action on it, and expects the answer of the pushed image, or the cause and the fix. */
export async function proves({ name, inputs = {}, line = '', peer, expected }: Application): Promise<void> {
  const sources = path.join(FOLDER, name)
  await ensureMavenBuild(sources, world, progressOnStderr)
  const tag = freshTag(name)
  await withPeer(peer, async (network) => {
    const given = { context: path.join(sources, 'target'), tags: tag, push: 'true', ...network, ...inputs }
    const step = await runAction(given, { workspace: path.join(sources, 'target') })
    if ('refused' in expected) {
      expect(step.exitCode).toBe(1)
      const message = errorOf(step)
      expect(message).toContain('category: application')
      expect(message).toContain(expected.refused.cause)
      expect(message.slice(message.indexOf('Fix: '))).toContain(expected.refused.fix)
      expect(await registryDigest(tag)).toBeUndefined()
    } else {
      if (step.exitCode !== 0) throw new Error(step.log)
      expect(step.log).toContain(line)
      await pulledAgain(tag, step, expected.answer)
    }
    expect(step.left).toEqual([])
  })
}

async function withPeer(
  peer: Application['peer'],
  work: (inputs: Record<string, string>) => Promise<void>
): Promise<void> {
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
    await work({ network })
  } finally {
    docker('rm', '--force', network)
    docker('network', 'rm', network)
  }
}
