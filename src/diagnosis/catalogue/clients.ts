import { signatures } from '../signature.js'
import { DOCS } from '../../lib/errors.js'

/**
 * Matches an open connection of a client: by the port of the server, as CRaC JDKs name sockets (`Socket[addr=db/10.0.0.2,port=5432,localport=4]`,
 * `SocketChannel[connected local=/a:1 remote=db/10.0.0.2:5432]`, `remotePort 5432`), or by the package of the code that opened it.
 */
function open(ports: string, packages = ''): RegExp {
  const start = '(?:CheckpointOpen\\w{1,40}Exception|BusySelectorException|SocketChannel(?:Impl)?\\[)'
  // Of a line, only the first one counts: what follows each of them would be searched to the end of the line.
  const first = `${start}(?<!${start}.*?${start})`
  const port = `(?:(?<!local)port=|remotePort |remote=(?:[^\\]=]|\\](?=:)){0,300}:)(?:${ports})\\b(?!\\]?:)`
  const byPort = ports === '' ? [] : [`.*${port}`]
  const byCode = packages === '' ? [] : [`${upTo(' opened by ')}.*\\b(?:${packages})\\.`]
  return new RegExp(`${first}(?:${[...byPort, ...byCode].join('|')})`, 'm')
}

/** Returns a pattern of a text up to the first match of another pattern: the search for a later one would take quadratic time. */
function upTo(pattern: string): string {
  return `(?:(?!${pattern}).)*${pattern}`
}

const HTTP_CLIENTS =
  'okhttp3|org\\.apache\\.http|org\\.apache\\.hc|reactor\\.netty\\.http\\.client|jdk\\.internal\\.net\\.http|sun\\.net\\.www|org\\.eclipse\\.jetty\\.(?:client|http2\\.client)|org\\.asynchttpclient|software\\.amazon\\.awssdk|com\\.amazonaws'

/** Packages of clients that others are built on, such as exporters and clients of search engines. */
export const CARRIERS = new RegExp(`^(?:${HTTP_CLIENTS}|io\\.grpc)\\.`)

/** Signatures of servers that are reached by such clients: their port says more than the code of the client. */
export const CARRIED: ReadonlySet<string> = new Set(['fw-exporter', 'fw-elasticsearch', 'fw-discovery'])

const IN_HOOKS = 'close it in beforeCheckpoint of an org.crac.Resource and create it again in afterRestore'

/** Connections of clients that frameworks do not close before a checkpoint, or only in some versions. */
export const clients = signatures({ operations: ['dump'], stream: 'app', weight: 'specific' }, [
  {
    id: 'fw-mongodb',
    pattern: open('27017', 'com\\.mongodb'),
    category: 'application',
    cause: 'A connection to MongoDB is open.',
    fix: `Spring Data and Quarkus do not close their MongoClient: ${IN_HOOKS}, for example in a bean that is a SmartLifecycle and delegates to a new client after start().`
  },
  {
    id: 'fw-cassandra',
    pattern: open('9042', 'com\\.datastax\\.(?:oss|driver)'),
    category: 'application',
    cause: 'A connection to Cassandra is open.',
    fix: `Spring Data does not close its CqlSession: ${IN_HOOKS}, or create the session lazily, after the checkpoint (\`@Lazy\`).`
  },
  {
    id: 'fw-redisson',
    pattern: open('', 'org\\.redisson'),
    category: 'application',
    cause: 'A connection of Redisson to Redis is open.',
    fix: `Redisson does not take part in a checkpoint: call shutdown() of the RedissonClient in beforeCheckpoint, and create a new one in afterRestore; or use Lettuce with Spring Data Redis 3.2 or newer.`
  },
  {
    id: 'fw-redis',
    pattern: open('6379|6380|26379', 'io\\.lettuce|redis\\.clients'),
    category: 'application',
    cause: 'A connection to Redis is open.',
    fix: 'Use Spring Data Redis 3.2 or newer, or micronaut-crac 1.2.1 or newer, which close the connection; or stop the client in beforeCheckpoint.'
  },
  {
    id: 'fw-kafka',
    pattern: open('909[2-4]', 'org\\.apache\\.kafka'),
    category: 'application',
    cause: 'A connection to Kafka is open.',
    fix: 'Close consumers, producers and admin clients in beforeCheckpoint of an org.crac.Resource, a consumer on its own thread after wakeup(), and create them again in afterRestore. In Spring, stop the listener containers and call `ProducerFactory.reset()`, or use Spring Cloud Stream 4.1 or newer. micronaut-crac does not close the listeners of micronaut-kafka: use a consumer of your own.'
  },
  {
    id: 'fw-rabbitmq',
    pattern: open('567[12]', 'com\\.rabbitmq'),
    category: 'application',
    cause: 'A connection to RabbitMQ is open.',
    fix: 'Stop the listener containers, and call resetConnection() of the CachingConnectionFactory (Spring AMQP) or close the Connection in beforeCheckpoint; the factory connects again when it is used.'
  },
  {
    id: 'fw-elasticsearch',
    pattern: open('9[23]00', 'org\\.elasticsearch|co\\.elastic\\.clients|org\\.opensearch'),
    category: 'application',
    cause: 'A connection to Elasticsearch or OpenSearch is open.',
    fix: `Frameworks do not close their RestClient: ${IN_HOOKS}; or let it close idle connections (\`setKeepAliveStrategy\`) and set \`checkpoint-delay\`.`
  },
  {
    id: 'fw-exporter',
    pattern: open(
      '431[78]|9411|14250|14268|6831|8125|2003',
      'io\\.opentelemetry|zipkin2|io\\.micrometer\\.(?:registry|statsd)|io\\.jaegertracing|com\\.timgroup\\.statsd|com\\.codahale\\.metrics\\.graphite'
    ),
    category: 'application',
    cause: 'A connection of an exporter of metrics or traces is open.',
    fix: 'An exporter keeps its connection. Export over HTTP (`otel.exporter.otlp.protocol=http/protobuf`) with a short keep-alive and set `checkpoint-delay`, or create the SDK in afterRestore. Stop a registry or reporter of StatsD or Graphite in beforeCheckpoint, and start it again in afterRestore. Turn it off for the checkpoint only if it is started again by your own code.'
  },
  {
    id: 'fw-grpc',
    pattern: open('7233|26500', 'io\\.grpc'),
    category: 'application',
    cause: 'A channel or a server of gRPC is open.',
    fix: `Call shutdownNow() of the ManagedChannel or the Server in beforeCheckpoint, wait for its end, and create it again in afterRestore. \`idleTimeout\` of a channel closes its connections when it is idle.`
  },
  {
    id: 'fw-messaging',
    pattern: open(
      '6650|6651|4222|61616|5555[5-6]|55443|2181|8883|1883|1414',
      'org\\.apache\\.(?:pulsar|activemq|zookeeper|curator|qpid)|io\\.nats|com\\.solacesystems|org\\.eclipse\\.paho|com\\.hivemq\\.client|com\\.ibm\\.(?:mq|msg)|com\\.azure\\.(?:core\\.amqp|messaging)'
    ),
    category: 'application',
    cause: 'A connection to a message broker or ZooKeeper, or an embedded one, is open.',
    fix: `Its client does not take part in a checkpoint: ${IN_HOOKS}.`
  },
  {
    id: 'fw-neo4j',
    pattern: open('7687', 'org\\.neo4j\\.driver'),
    category: 'application',
    cause: 'A connection to Neo4j is open.',
    fix: `Spring Data does not close its Driver: ${IN_HOOKS}.`
  },
  {
    id: 'fw-r2dbc',
    pattern: open(
      '',
      'io\\.r2dbc|io\\.asyncer\\.r2dbc|org\\.mariadb\\.r2dbc|oracle\\.r2dbc|io\\.vertx\\.(?:sqlclient|pgclient|mysqlclient|mssqlclient|db2client|oracleclient)'
    ),
    category: 'application',
    cause: 'A connection of a reactive client to a database is open (R2DBC, Vert.x).',
    fix: `Frameworks do not close a reactive pool: call dispose() of the ConnectionPool of R2DBC, or close() of the Pool of Vert.x, in beforeCheckpoint of an org.crac.Resource, and create it again in afterRestore.`
  },
  {
    id: 'fw-jdbc',
    pattern: open(
      '5432|3306|1433|1521|50000|26257',
      'com\\.zaxxer\\.hikari|org\\.postgresql|com\\.mysql|org\\.mariadb|oracle\\.jdbc|com\\.microsoft\\.sqlserver|io\\.agroal'
    ),
    category: 'application',
    cause: 'A connection to a database is open.',
    fix: `Allow the connection pool of the database to be suspended: \`spring.datasource.hikari.allow-pool-suspension=true\` with Spring Boot 3.2 or newer, \`datasources.*.allow-pool-suspension=true\` with Micronaut. With other frameworks, and for a reactive pool (R2DBC, Vert.x), close the pool in the CRaC method beforeCheckpoint (${DOCS}/frameworks.md).`
  },
  {
    id: 'fw-discovery',
    pattern: open(
      '8761|8500|8848',
      'com\\.netflix\\.(?:discovery|eureka)|com\\.ecwid\\.consul|com\\.alibaba\\.nacos'
    ),
    category: 'application',
    cause: 'A connection to a service registry (Eureka, Consul, Nacos) is open.',
    fix: 'Turn registration off for the checkpoint (`eureka.client.enabled=false`, `spring.cloud.discovery.enabled=false`), or stop the client in beforeCheckpoint and register again in afterRestore: the address of the container is another one then.'
  },
  {
    // https://github.com/apache/dubbo/issues/14447
    id: 'fw-dubbo',
    pattern: open('2088[0-2]', 'org\\.apache\\.dubbo|com\\.alibaba\\.dubbo'),
    category: 'application',
    cause: 'A connection or a server of Dubbo is open.',
    fix: `Dubbo does not take part in a checkpoint: call stop() of the DubboBootstrap in beforeCheckpoint, and start a new one in afterRestore; with \`lazy=true\` a consumer connects at its first call.`
  },
  {
    id: 'fw-data-grid',
    pattern: open(
      '570[1-3]|10800|47[15]00|11222',
      'com\\.hazelcast|org\\.apache\\.ignite|org\\.infinispan|org\\.jgroups|org\\.apache\\.geode'
    ),
    category: 'application',
    cause: 'A connection of a data grid (Hazelcast, Ignite, Infinispan, Geode) is open.',
    fix: `Shut the client or the member down in beforeCheckpoint, and create it again in afterRestore, with an address that is read there (${DOCS}/restoring.md).`
  },
  {
    id: 'fw-store',
    pattern: open(
      '1121[01]',
      'com\\.couchbase|net\\.spy\\.memcached|net\\.rubyeye|com\\.influxdb|com\\.clickhouse|com\\.aerospike|io\\.etcd|org\\.apache\\.rocketmq|org\\.apache\\.hadoop'
    ),
    category: 'application',
    cause:
      'A connection to a data store (Couchbase, Memcached, InfluxDB, ClickHouse, etcd or another one) is open.',
    fix: `Its client does not take part in a checkpoint: ${IN_HOOKS}.`
  },
  {
    id: 'fw-directory-mail',
    pattern: open(
      '389|636|25|465|587|993|143',
      'com\\.sun\\.jndi\\.ldap|com\\.unboundid|com\\.sun\\.mail|org\\.eclipse\\.angus'
    ),
    category: 'application',
    cause: 'A connection to a directory (LDAP) or a mail server is open.',
    fix: `Close the context, the pool or the transport after use: with LDAP set \`com.sun.jndi.ldap.connect.pool.timeout=1000\` and \`checkpoint-delay\`; or ${IN_HOOKS}.`
  },
  {
    id: 'fw-log-appender',
    pattern: open(
      '12201|24224|5044|4560',
      'net\\.logstash\\.logback|ch\\.qos\\.logback\\.(?:classic|core)\\.net|org\\.apache\\.logging\\.log4j\\.core\\.net|de\\.siegmar\\.logbackgelf|biz\\.paluch\\.logging|org\\.graylog2|org\\.fluentd|org\\.komamitsu'
    ),
    category: 'application',
    cause: 'A connection or a server of a library for logs (Logstash, Graylog, Fluentd, syslog) is open.',
    fix: 'Log to standard output, which is what container platforms collect; or stop the appender in beforeCheckpoint and start it again in afterRestore (`stop()` and `start()` in Logback).'
  },
  {
    id: 'fw-file-transfer',
    pattern: open(
      '2[12]|990',
      'com\\.jcraft\\.jsch|net\\.schmizz\\.sshj|com\\.hierynomus|org\\.apache\\.sshd|org\\.apache\\.commons\\.net'
    ),
    category: 'application',
    cause: 'A connection or a server of SSH, SFTP, FTP or SMB is open.',
    fix: `Close the session when it is idle (\`resetCache()\` of the CachingSessionFactory of Spring Integration), or stop the server; or ${IN_HOOKS}.`
  },
  {
    // After those whose clients use them.
    id: 'fw-http-client',
    pattern: open('', HTTP_CLIENTS),
    category: 'application',
    cause: 'A connection of an HTTP client is kept open.',
    fix: 'Let the client close idle connections sooner, and set `checkpoint-delay`, or close them in beforeCheckpoint: `connectionPool().evictAll()` of OkHttp, `closeIdle(TimeValue.ZERO_MILLISECONDS)` of the connection manager of Apache HttpClient, `maxIdleTime` of the ConnectionProvider of Reactor Netty (WebClient), close() of a client of the AWS SDK.'
  }
])
