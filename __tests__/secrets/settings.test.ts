import { describe, expect, test } from '@jest/globals'
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { secretsIn } from '../../src/secrets/settings.js'
import { seeded } from '../support/seeded.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const publicDer = rsa.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
const publicPem = rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString()
const privateDer = rsa.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
const id = '1234abcd-12ab-34cd-56ef-1234567890ab'

describe('secretsIn', () => {
  const valuesOf = (name: string, value: string): string[] =>
    secretsIn('env', name, value).map((secret) => secret.value)

  test.each([
    ['DB_PASSWORD', 'correct horse battery'],
    ['spring_datasource_password', 'tr0ub4dor&3'],
    ['dbPassword', 'tr0ub4dor&3'],
    ['STRIPE_API_KEY', 'abcd-efgh-ijkl'],
    ['AWS_SECRET_ACCESS_KEY', '/Jalr+UtnFEMI/K7MDENG/bPxRfiCY'],
    ['GITHUB_TOKEN', 'anything-at-all'],
    ['MYSQL_PASS', 'tr0ub4dor&3'],
    ['DEPLOY', 'tGzv3JOkF0XG5Qx2TlKWIA9'],
    ...['ENCRYPT_KEY', 'JWT_KEY', 'HMAC_KEY', 'AES_KEY', 'SESSION_KEY', 'app.crypto.key'].map((name) => [
      name,
      randomBytes(32).toString('hex')
    ]),
    ['AUTH_KEY', 'correct horse battery'],
    ['COOKIE_SALT', 'correct horse battery'],
    ['DB_PW', 'correct horse battery'],
    ['PIN', '93105526'],
    ...['DBPASS', 'keypass', 'DBPWD', 'spring.mail.pwd', 'pwd'].map((name) => [
      name,
      'correct horse battery'
    ]),
    ...['APPKEY', 'JWTKEY', 'sharedkey'].map((name) => [name, randomBytes(32).toString('hex')]),
    ['SMTP_AUTH', 'correct horse battery'],
    ['sessionCookie', 'correct horse battery'],
    ['VAULT_SECRET_ID', randomUUID()],
    ['KEY', randomBytes(16).toString('hex')],
    ['TOTP_SEED', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'],
    ['APPKEY', 'KX7Q2WMC9RTB4NLP6VSD'],
    // Few changes between letters and digits, as one random value in ten has.
    ...['qzkwvmxh4tbnrdjglfcp', 'h8k2m4xvbwqzrtpldnsgcfjm'].map((value) => ['APPKEY', value]),
    // Names and values that are like those of ordinary settings below.
    ...['S3_KEY', 'CONFIG_KEY', 'PARTITION_KEY', 'HEADER_KEY'].map((name) => [
      name,
      randomBytes(32).toString('hex')
    ]),
    ['JWT_KEY', privateDer],
    // A short word of placeholders, by chance.
    ['JWT_KEY', `${privateDer.slice(0, 400)}fake${privateDer.slice(404)}`],
    ['JWT_KEY', 'tGzv3JOkfAKe0XG5Qx2TlKWIA9dUMmy4'],
    ['SIGNING_KEY', '-----BEGIN PRIVATE KEY-----\nnot a real one-12\n-----END PRIVATE KEY-----'],
    ['WEBHOOK_SECRET', 'https://hooks.acme.org/in/k9f2Xq81'],
    ['WEBHOOK_SECRET', 'https://hooks.acme.org/in?code=abcdefgh'],
    ['DB_PASSWORD', 'test-Zx81-kLm9'],
    ['DB_PASSWORD', 'your-Zx81-kLm9'],
    ['DB_PASSWORD', '$2-is-too-much'],
    ['DB_PASSWORD', 'classpath and file: 9'],
    ['DB_PASSWORD', 'pass.word/12.keys'],
    ['SESSION_KEY', 'correct-horse-battery-staple'],
    ['LICENSE_KEY', 'abcd-efgh-ijkl'],
    ['AUTH_KEY', 'correct.horse.battery'],
    ['GPG_KEY', 'correct horse battery'],
    // Ends of names that have the ends of descriptions in them.
    ...[
      'API_TOKEN_STAGE',
      'DB_PASSWORD_STAGE',
      'API_TOKEN_BACKEND',
      'DB_PASSWORD_MANAGER',
      'SMTP_PASSWORD_SUPPORT'
    ].map((name) => [name, 'correct horse battery']),
    ...['TENANT_KEY', 'PROJECT_KEY', 'CONFIG_KEY'].map((name) => [name, 'k8s2j4l1m9q7w3e5r6t8y0'])
  ] as [string, string][])('%s is a secret', (name, value) => {
    expect(secretsIn('env', name, value)).toEqual([{ name: `env ${name}`, value }])
  })

  test.each([
    ['SPRING_PROFILES_ACTIVE', 'prod,metrics'],
    ['SERVER_URL', 'https://orders.example.org:8443/api/v1'],
    ['TOKEN_URL', 'https://login.acme.org/oauth/token'],
    ['DB_PASSWORD_FILE', '/run/secrets/db-password'],
    ['DB_PASSWORD', '/run/secrets/db'],
    ['DB_PASSWORD', 'placeholder-until-the-restore'],
    ...['fake-password', 'DUMMY_PASSWORD', 'myFakeToken42'].map((value) => ['DB_PASSWORD', value]),
    ['DB_PASSWORD', '${DB_PASSWORD}'],
    ['PWD', '/home/runner/work/hello/hello'],
    ['PWD', '/Users/Me/Work'],
    ['NO_PROXY_BYPASS', 'correct horse battery'],
    ['COMPASS', 'correct horse battery'],
    ['CACHE_KEY', 'orders-of-the-day'],
    ['PUBLIC_KEY', 'correct horse battery'],
    ['KEY', 'orders-of-the-day'],
    ...[
      'ordersservice2024production',
      's3bucketeuwest1orders',
      'k8sclustereu1production',
      'ORDERSSERVICE2024PRODUCTION',
      'sha256withrsaencryption',
      'http2clientconnection',
      'PBKDF2WITHHMACSHA256',
      'MD5WITHRSAENCRYPTION'
    ].map((value): [string, string] => ['APPKEY', value]),
    ['SECRET_ID', 'production/orders/database'],
    ['mail.smtp.auth', 'true'],
    ['TOKEN_TIMEOUT', 'PT30M-and-more'],
    ['JAVA_TOOL_OPTIONS', '-Xmx256m -Dfile.encoding=UTF-8'],
    ['GITHUB_SHA', '7f3b1c9d5e2a8f604b1d3c5e7f9a0b2c4d6e8f01'],
    ['BUILD_ID', 'tGzv3JOkF0XG5Qx2TlKWIA9'],
    ['TITLE', 'OrdersServiceProductionEurope2024'],
    ['RUNNER_TEMP', '/tmp/tGzv3JOkF0XG5Qx2TlKWIA9'],
    ['TRACKING', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
    ...Object.entries({
      ...{
        PARTITION_KEY: 'userId',
        SORT_KEY: 'createdAt',
        SHARD_KEY: 'customer_number',
        RANGE_KEY: 'createdAtUtc'
      },
      ...{
        CACHE_KEY_PREFIX: 'orders-service',
        REDIS_KEY_PREFIX: 'orders:prod:v2',
        LOCK_KEY: 'orders-nightly-job'
      },
      ...{
        ROUTING_KEY: 'orders.created.v1',
        KAFKA_MESSAGE_KEY: 'customer-number',
        S3_KEY: 'exports/orders.csv'
      },
      ...{
        TRANSLATION_KEY: 'orders.summary.title',
        FEATURE_FLAG_KEY: 'new-checkout-flow',
        CONFIG_KEY: 'orders/production'
      },
      ...{
        SONAR_PROJECT_KEY: 'org.acme:orders-service',
        TENANT_KEY: 'acme-production',
        HEADER_KEY: 'X-Correlation-Id'
      },
      ...{ SESSION_COOKIE: 'ORDERS_SESSION', COOKIE: 'JSESSIONID', PIN_MODE: 'strict-matching' },
      ...{ KEYCLOAK_URL: 'https://sso.acme.org/realms/orders', KEYCLOAK_REALM: 'orders-service-prod' },
      ...{
        SPRING_SSL_BUNDLE_JKS_SERVER_KEY_STORE: 'classpath:server.p12',
        SERVER_SSL_KEY_ALIAS: 'orders-service'
      },
      ...{
        SERVER_SSL_CERTIFICATE_PRIVATE_KEY: 'classpath:certs/server.key',
        SSL_KEY: '/etc/ssl/private/Server-Key.pem'
      },
      ...{ TLS_KEY: 'certs/tls.key', GOOGLE_APPLICATION_CREDENTIALS: 'C:\\keys\\gcp.json' },
      ...{
        KMS_KEY: `arn:aws:kms:eu-west-1:111122223333:key/${id}`,
        ENCRYPTION_KEY_ID: id,
        SECRET: 'alias/orders-key'
      },
      ...{ DB_PASSWORD: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders' },
      ...{
        DB_SECRET: 'projects/acme/secrets/orders-db/versions/latest',
        AUTHORIZATION: 'https://sso.acme.org'
      },
      ...{
        JWT_PUBLIC_KEY: publicPem,
        MP_JWT_VERIFY_PUBLICKEY: publicDer,
        VERIFY_KEY: publicDer,
        TOKEN_KEY: publicPem
      },
      ...{
        SSH_HOST_KEY: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJWJ3n0m5v8Tf9gG6sPq2hK4',
        GPG_KEY: 'A'.repeat(40)
      },
      ...{ STRIPE_PUBLISHABLE_KEY: 'pk_live_51HqLyjWDarjtT1zdp7dcA2bC' },
      ...{
        TOKEN_AUDIENCE: 'orders-service-api',
        TOKEN_VALIDITY: '30-days-at-most',
        TOKENIZER: 'org.acme.FastTokenizer'
      },
      ...{ PASSWORD_ENCODER: 'bcrypt-strength-12', PASSWORD_RESET_TEMPLATE: 'emails/reset.html' },
      ...{
        SECRET_MANAGER: 'aws-secrets-manager',
        SECRET_ROTATION: 'every-30-days',
        AUTHORIZATION_MODEL: 'role-based-access'
      },
      ...{ S3_KEY: 'prdsrvwestdbcluster01', ROUTING_KEY: 'stgcrmprdwestkeyvault' },
      ...{ TOKEN_CLEANUP_CRON: '0 0 3 * * *', LLM_MAX_TOKENS: '128000', CORS_ALLOW_CREDENTIALS: 'true' },
      ...{
        API_KEY: 'your-api-key-here',
        API_TOKEN: '$API_TOKEN',
        APP_SECRET: '{{ app_secret }}',
        AUTH_KEY: '%AUTH_KEY%'
      },
      ...{ ACCESS_TOKEN: '2YotnFZFEjr1zCsicMWpAA', MAIL_PASSWORD: '@mail.password@' }
    }),
    [
      'ACTIONS_ID_TOKEN_REQUEST_URL',
      'https://pipelines.actions.githubusercontent.com/tGzv3JOkF0XG5Qx2TlKWIA9'
    ]
  ])('%s=%s is not a secret', (name, value) => {
    expect(valuesOf(name, value)).toEqual([])
  })

  test('takes nearly all random values of lower case and digits for secrets', () => {
    const { bytes } = seeded(5)
    const random = (length: number): string =>
      [...bytes(length)].map((byte) => (byte % 36).toString(36)).join('')
    for (const length of [20, 24, 32]) {
      const missed = Array.from({ length: 1000 }, () => random(length)).filter(
        (value) => valuesOf('APPKEY', value).length === 0
      )
      expect(missed.length).toBeLessThan(30)
    }
  })

  test('judges the password in an address by itself, not by its host', () => {
    const passwordIn = (address: string): string[] => valuesOf('DATABASE_URL', address)
    expect(passwordIn('postgres://app:Zx81-kLm9-Qq@db.example.com/prod')).toEqual(['Zx81-kLm9-Qq'])
    expect(passwordIn('postgres://app:Zx81-kLm9-Qq@db.acme.com/prod')).toEqual(['Zx81-kLm9-Qq'])
    expect(passwordIn('redis://:p4ss-W0rd-xyz@cache:6379')).toEqual(['p4ss-W0rd-xyz'])
    expect(passwordIn('postgres://app:placeholder-1@db.acme.com/prod')).toEqual([])
    expect(passwordIn('amqp://app:a%2Fb-Zx81-kLm9@mq')).toEqual(['a%2Fb-Zx81-kLm9', 'a/b-Zx81-kLm9'])
    expect(passwordIn('http://db.acme.com:8080/@app:x')).toEqual([])
  })

  test('finds the named values inside a text: pairs, JSON and XML', () => {
    const value = 'Zx81-kLm9-Qq'
    const found = (text: string): string[] =>
      secretsIn('env', 'A', text).map(({ name, value }) => `${name}=${value}`)
    expect(found(`-Xmx1g -Dspring.datasource.password=${value} -Dx=y`)).toEqual([
      `env A: spring.datasource.password=${value}`
    ])
    expect(found(`Server=db.example.com;Pwd=x;Password=${value};Timeout=30`)).toEqual([
      'env A: Pwd=x',
      `env A: Password=${value}`
    ])
    expect(found(`{"user":"ci","login":{"password":"${value}"},"keys":["orders"]}`)).toEqual([
      `env A: password=${value}`
    ])
    expect(found(`{"a":[{"pin":93105526},{"url":"redis://:${value}@cache"}]}`)).toEqual([
      `env A: url=${value}`,
      'env A: pin=93105526'
    ])
    expect(found(`<a><wsse:Password Type="x">${value}</wsse:Password><b>c</b></a>`)).toEqual([
      `env A: wsse:Password=${value}`
    ])
    expect(found(`Authorization: Bearer ${value}`)).toEqual([`env A: Authorization=${value}`])
  })

  test('finds the default value in a reference to a setting', () => {
    expect(valuesOf('X', '${DB_PASSWORD:Zx81-kLm9-Qq}')).toContain('Zx81-kLm9-Qq')
  })

  test('finds a whole value in quotes, whatever characters it has', () => {
    const jaas = (password: string): string =>
      `org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="${password}";`
    expect(valuesOf('SASL_JAAS_CONFIG', jaas('a;b,c&d e<1>'))).toEqual(['a;b,c&d e<1>'])
    expect(valuesOf('SASL_JAAS_CONFIG', jaas(String.raw`a\"b\\c-12`))).toEqual([
      String.raw`a\"b\\c-12`,
      String.raw`a"b\c-12`
    ])
    expect(valuesOf('DB', "password='it is 1 secret' port=1")).toEqual(['it is 1 secret'])
    expect(valuesOf('DB', 'password="without-1 end')).toEqual(['without-1'])
  })

  test('finds the password of a pair NAME:PASSWORD too', () => {
    expect(valuesOf('NEXUS_CREDENTIALS', 'ci:Zx81-kLm9-Qq')).toEqual(['ci:Zx81-kLm9-Qq', 'Zx81-kLm9-Qq'])
    expect(valuesOf('API_TOKEN', 'v1:production')).toEqual(['v1:production'])
    expect(valuesOf('IMAGE', 'ci:Zx81-kLm9-Qq')).toEqual([])
  })

  test('shows no Markdown of the names of fields, which may come from a file of the repository', () => {
    const text = JSON.stringify({ '<img src=x>\n[a](b)`_password': 'Zx81-kLm9-Qq' })
    expect(secretsIn('env', 'A', text).map(({ name }) => name)).toEqual([
      'env A: ?img src?x???a??b??_password'
    ])
  })

  test('takes less than a second of the processor for long hostile texts', () => {
    for (const part of ['a', 'a=', 'a:', '"a', '://a:', '<a', 'a-', '{"a":', 'key=']) {
      const text = part.repeat(50_000)
      const begin = process.cpuUsage()
      secretsIn('env', 'A', text)
      // Quadratic patterns take minutes.
      expect(process.cpuUsage(begin).user).toBeLessThan(1_000_000)
    }
  })

  test('finds the password in an address, and the token in a text', () => {
    expect(valuesOf('DATABASE_URL', 'postgres://app:tr0ub4dor-3@db:5432/orders')).toEqual(['tr0ub4dor-3'])
    expect(valuesOf('JDBC', 'jdbc:postgresql://db/orders?user=app&password=tr0ub4dor-3')).toEqual([
      'tr0ub4dor-3'
    ])
    const token = `ghp_${randomBytes(18).toString('hex')}`
    expect(valuesOf('HEADERS', `Authorization: Bearer ${token}`)).toEqual([token])
  })

  test('recognizes most random values of lower case and digits under a name that may be that of a secret', () => {
    const random = seeded(19)
    const value = (): string => random.text(24, 'abcdefghijklmnopqrstuvwxyz0123456789')
    const values = Array.from({ length: 500 }, value)
    expect(values.filter((value) => valuesOf('APPKEY', value).length === 1).length).toBeGreaterThan(440)
  })

  test('recognizes most random values of 24 bytes under any name', () => {
    const values = Array.from({ length: 500 }, () => randomBytes(24).toString('base64url'))
    expect(values.filter((value) => valuesOf('X', value).length === 1).length).toBeGreaterThan(450)
  })
})
