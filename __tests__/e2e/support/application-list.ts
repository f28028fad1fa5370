/** What the pushed image does after it was pulled and restored. */
export type Answer =
  | { body: string | RegExp; at?: string }
  | LogAnswer
  | { overTls: string }
  /** The answer of the health service of gRPC, as hexadecimal digits. */
  | { grpcHealth: string }
  /** What one call with arguments prints, with CRAC_ARGUMENTS=main. */
  | { call: string[]; prints: string }

/** Lines that its log has, and has not, with these variables of the container. */
export interface LogAnswer {
  log: RegExp
  never: RegExp
  variables?: Record<string, string>
}

/** One of the applications in __tests__/e2e/long/applications. */
export interface Application {
  name: string
  /** What it is made with; each version is one of its pom.xml. */
  versions: string
  inputs?: Record<string, string>
  /** A line of the log of the proof. */
  line?: string
  /** A server beside the application, in a network of both, under this name. */
  peer?: { alias: string; program: string }
  expected: Restored | Refused
}

export interface Restored {
  answer: Answer
  /** What the application does for the checkpoint. */
  does: string
}

/** The JVM refuses the checkpoint: these are parts of the message and of its fix. */
export interface Refused {
  cause: string
  fix: string
}

/** Programs of perl, which every Debian has. */
const LISTEN = (port: number): string =>
  `$s = IO::Socket::INET->new(LocalPort => ${port}, Listen => 9, ReuseAddr => 1) or die;`
/** Takes connections, and says nothing on them: a broker that is busy. */
const SILENT_BROKER = `${LISTEN(9092)} while ($c = $s->accept) { push @kept, $c }`
/** Answers each request with 200, and keeps the connection. */
const COLLECTOR = `${LISTEN(4318)} $SIG{CHLD} = "IGNORE"; while ($c = $s->accept) { next if fork; for (;;) { $l = 0; $any = 0; while (defined($_ = <$c>) && /\\S/) { $any = 1; $l = $1 if /^content-length: (\\d+)/i } last unless $any; read $c, $b, $l; syswrite $c, "HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\n\\r\\n" } exit }`

const AGENT = '/app/opentelemetry-javaagent.jar'

const withoutSupport = (name: string): Refused => ({
  cause: `${name} is on the class path, but org.crac:crac is not.`,
  fix: 'register an org.crac.Resource that stops the server in beforeCheckpoint and starts it in afterRestore.'
})

/** The applications of the table in docs/frameworks.md. */
export const APPLICATIONS: readonly Application[] = [
  {
    name: 'spring-boot-war',
    versions: 'Spring Boot 4.0.7, executable war',
    expected: { answer: { body: 'Hello from a war' }, does: '`org.crac:crac`' }
  },
  {
    name: 'webflux',
    versions: 'Spring Boot 4.0.7',
    expected: { answer: { body: 'Hello from WebFlux' }, does: '`org.crac:crac`' }
  },
  {
    name: 'spring-cloud-function',
    versions: 'Spring Cloud 2025.1.4',
    inputs: { warmup: 'GET /reverse/crac x20' },
    expected: { answer: { body: 'carc', at: 'reverse/crac' }, does: '`org.crac:crac`' }
  },
  {
    name: 'quarkus-management',
    versions: 'Quarkus 3.33.2',
    expected: {
      cause: 'The management server of the framework listens on port 9000, beside that of the application.',
      fix: 'Set `quarkus.management.enabled=false` in `application.properties` and build again'
    }
  },
  {
    name: 'micronaut-kafka',
    versions: 'Micronaut 4.10.8',
    peer: { alias: 'kafka', program: SILENT_BROKER },
    inputs: { env: 'KAFKA_BOOTSTRAP_SERVERS=kafka:9092' },
    expected: {
      cause: 'A connection to Kafka is open (fw-kafka).',
      fix: 'micronaut-crac does not close the listeners of micronaut-kafka: use a consumer of your own.'
    }
  },
  {
    name: 'kafka-consumer',
    versions: 'kafka-clients 4.3.1',
    peer: { alias: 'kafka', program: SILENT_BROKER },
    inputs: { env: 'KAFKA=kafka:9092', 'ready-log': 'subscribed to orders' },
    expected: {
      answer: {
        log: /subscribed to orders at 127\.0\.0\.1:9092/,
        never: /at kafka:9092/,
        variables: { KAFKA: '127.0.0.1:9092' }
      },
      does: 'a `Resource` closes the consumer on its own thread, and creates it again'
    }
  },
  {
    name: 'grpc',
    versions: 'gRPC 1.85.1',
    inputs: { port: '50051' },
    expected: {
      // An empty request, to which SERVING is field 1 with the value 1.
      answer: { grpcHealth: '00000000020801' },
      does: 'a `Resource` ends the server and builds it again; NIO, as the event loops of epoll stay open'
    }
  },
  {
    name: 'dropwizard',
    versions: 'Dropwizard 5.0.1',
    expected: {
      answer: { body: 'Hello from Dropwizard' },
      does: 'a `Resource` stops and starts the connectors of the `Server`, as its handlers cannot be started twice'
    }
  },
  {
    name: 'jetty',
    versions: 'Jetty 12.1.14',
    expected: { answer: { body: 'Hello from Jetty' }, does: 'a `Resource` stops and starts the `Server`' }
  },
  {
    name: 'tomcat',
    versions: 'Tomcat 11.0.27',
    expected: {
      answer: { body: 'Hello from Tomcat' },
      does: 'a `Resource` stops and starts the connector, which needs `bindOnInit=false`'
    }
  },
  { name: 'undertow', versions: 'Undertow 2.3.26', expected: withoutSupport('Undertow') },
  {
    name: 'vertx',
    versions: 'Vert.x 5.0.7',
    expected: {
      answer: { body: 'Hello from Vert.x' },
      does: 'a `Resource` closes the `HttpServer` and creates it again'
    }
  },
  { name: 'javalin', versions: 'Javalin 7.2.3', expected: withoutSupport('Javalin') },
  {
    name: 'ktor',
    versions: 'Ktor 3.5.2 on Netty, Kotlin 2.4.21',
    expected: {
      answer: { body: 'Hello from Ktor' },
      does: 'a `Resource` stops the server and creates it again'
    }
  },
  { name: 'http4s', versions: 'http4s 0.23.30 with Ember, Scala 3.3.7', expected: withoutSupport('http4s') },
  {
    name: 'scheduler',
    versions: 'the JDK',
    inputs: { 'ready-log': 'run 5$' },
    line: 'Nothing listens on the port of the application: no request is sent to it.',
    expected: {
      answer: { log: /^run \d+$/m, never: /^run [1-5]$/m },
      does: 'nothing; it continues where it was'
    }
  },
  {
    name: 'waiting-cli',
    versions: 'the JDK',
    inputs: { 'ready-command': 'test -e /tmp/waiting' },
    expected: {
      answer: { call: ['a', 'call'], prints: 'compiled: A CALL\n' },
      does: 'nothing; with `CRAC_ARGUMENTS=main` the restored process runs one call with the arguments of the container'
    }
  },
  {
    name: 'opentelemetry-agent',
    versions: "OpenTelemetry's agent 2.31.1",
    peer: { alias: 'collector', program: COLLECTOR },
    inputs: {
      files: `agent/opentelemetry-javaagent.jar:${AGENT}`,
      'java-options': `-javaagent:${AGENT}`,
      env: 'OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\nOTEL_METRIC_EXPORT_INTERVAL=500'
    },
    expected: {
      cause: 'belongs to the Java agent of OpenTelemetry',
      fix: 'Leave the agent out of the application that is checkpointed'
    }
  },
  {
    name: 'sqlite',
    versions: 'sqlite-jdbc 3.54.1.0',
    inputs: { warmup: 'GET / x5' },
    expected: {
      // The rows of the warm-up are in the memory of the library.
      answer: { body: /^request ([6-9]|\d\d)$/ },
      does: 'a `Resource` stops its server; the library is unpacked and deleted, and its memory has the rows of the warm-up'
    }
  },
  {
    name: 'tls-only',
    versions: 'the HTTPS server of the JDK',
    inputs: { port: '8443' },
    expected: { answer: { overTls: 'Hello over TLS' }, does: 'a `Resource` stops its server' }
  }
]

/** Applications that `npm test` runs, too. */
export const IN_CI = ['spring-boot-war', 'scheduler', 'sqlite', 'tls-only']

/** What a run of the action on an application gave. */
export interface Outcome {
  name: string
  result: 'restored' | 'refused'
}

const COLUMNS = [
  'application',
  'versions',
  'inputs',
  'result',
  'what it does for the checkpoint, or the message'
]

/** Returns the table of docs/frameworks.md in Markdown, with the rows of the applications that have an outcome. */
export function applicationTable(outcomes: readonly Outcome[]): string {
  const rows = APPLICATIONS.flatMap((application) => {
    const outcome = outcomes.find(({ name }) => name === application.name)
    return outcome === undefined ? [] : [rowOf(application, outcome)]
  })
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function rowOf({ name, versions, inputs = {}, peer, expected }: Application, { result }: Outcome): string[] {
  const names = [...(peer === undefined ? [] : ['network']), ...Object.keys(inputs)]
  return [
    `[${name}](../__tests__/e2e/long/applications/${name})`,
    versions,
    names.map((input) => `\`${input}\``).join(', '),
    result,
    'does' in expected ? expected.does : `"${expected.cause}" Fix: "${expected.fix}"`
  ]
}
