import type { OpenResources } from '../diagnosis/checkpoint-exception.js'
import { clients } from '../diagnosis/catalogue/clients.js'
import type { Failure } from '../lib/errors.js'
import type { Libraries, Library } from './libraries.js'

/** Client libraries that keep connections, and the signature with the fix of each. */
const CLIENTS: readonly (Library & { name: string; signature: string })[] = [
  { name: 'MongoDB', jar: 'mongodb-driver-core', classes: 'com/mongodb/', signature: 'fw-mongodb' },
  {
    name: 'Cassandra',
    jar: 'java-driver-core',
    classes: 'com/datastax/oss/driver/',
    signature: 'fw-cassandra'
  },
  { name: 'Redisson', jar: 'redisson', classes: 'org/redisson/', signature: 'fw-redisson' },
  { name: 'Dubbo', jar: 'dubbo', classes: 'org/apache/dubbo/', signature: 'fw-dubbo' },
  { name: 'Solace', jar: 'sol-jcsmp', classes: 'com/solacesystems/', signature: 'fw-messaging' },
  { name: 'Pulsar', jar: 'pulsar-client', classes: 'org/apache/pulsar/client/', signature: 'fw-messaging' },
  { name: 'Kafka', jar: 'kafka-clients', classes: 'org/apache/kafka/clients/', signature: 'fw-kafka' },
  { name: 'RabbitMQ', jar: 'amqp-client', classes: 'com/rabbitmq/client/', signature: 'fw-rabbitmq' },
  { name: 'Hazelcast', jar: 'hazelcast', classes: 'com/hazelcast/', signature: 'fw-data-grid' },
  { name: 'Ignite', jar: 'ignite-core', classes: 'org/apache/ignite/', signature: 'fw-data-grid' },
  { name: 'Couchbase', jar: 'core-io', classes: 'com/couchbase/client/', signature: 'fw-store' },
  { name: 'Neo4j', jar: 'neo4j-java-driver', classes: 'org/neo4j/driver/', signature: 'fw-neo4j' },
  {
    name: 'the exporter of OpenTelemetry',
    jar: 'opentelemetry-exporter-otlp',
    classes: 'io/opentelemetry/exporter/otlp/',
    signature: 'fw-exporter'
  },
  { name: 'gRPC', jar: 'grpc-netty(?:-shaded)?', classes: 'io/grpc/netty/', signature: 'fw-grpc' },
  { name: 'Lettuce', jar: 'lettuce-core', classes: 'io/lettuce/', signature: 'fw-redis' }
]

/**
 * Returns a refusal that names no library, such as one for a selector, with the client libraries of the application that keep
 * connections, and the fix of the first one; undefined if it is named, if something else is open, or if there is no such library.
 */
export function explainClients(refused: OpenResources, libraries: Libraries): Failure | undefined {
  const connections = refused.resources.every(({ kind, listens }) => kind !== 'file' && !listens)
  const present = CLIENTS.filter((client) => libraries.has(client))
  const [first] = present
  if (refused.isNamed || !connections || !first) return undefined
  const names = present.map(({ name }) => name).join(', ')
  const fix = clients.find(({ id }) => id === first.signature)?.fix ?? refused.fix
  return refused.explained(
    `The JVM does not say which library opened it. On the class path are clients that keep connections: ${names}.`,
    `${first.name}: ${fix}`
  )
}
