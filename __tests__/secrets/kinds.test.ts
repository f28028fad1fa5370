import { expect, test } from '@jest/globals'
import { createCanary } from '../../src/secrets/scanner/canary.js'
import { createMatcher, scan } from '../../src/secrets/scanner/scan.js'
import { seeded } from '../support/seeded.js'

const random = seeded(2026)
const matcher = createMatcher({ secrets: [], canary: createCanary(), key: Buffer.from('key') })

const ALPHABETS: Record<string, string> = {
  h: '0123456789abcdef',
  d: '0123456789',
  a: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  l: 'abcdefghijklmnopqrstuvwxyz0123456789',
  u: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  s: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  b: 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'
}

/** Returns a token: `{a36}` stands for 36 random characters of an alphabet. */
function sample(template: string): string {
  return template.replace(/\{([a-z])(\d+)\}/g, (_, name: string, length: string) =>
    random.text(Number(length), ALPHABETS[name] ?? '')
  )
}

const json64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (): string =>
  `${json64({ alg: 'HS256', typ: 'JWT' })}.${json64({ sub: random.text(12, 'abcdef') })}.${sample('{a43}')}`

/** Formats of the kinds that gitleaks knows by a literal of their own, by the name of its rule. */
const KINDS: Record<string, string> = {
  '1password-secret-key': 'A3-{u6}-{u6}-{u5}-{u5}-{u5}-{u5}',
  '1password-service-account-token': 'ops_eyJ{a260}',
  'adobe-client-secret': 'p8e-{a32}',
  'age-secret-key': 'AGE-SECRET-KEY-1{b58}',
  'airtable-personnal-access-token': 'pat{a14}.{h64}',
  'alibaba-access-key-id': 'LTAI{a20}',
  'anthropic-admin-api-key': 'sk-ant-admin01-{a93}AA',
  'anthropic-api-key': 'sk-ant-api03-{a93}AA',
  'artifactory-api-key': 'AKCp{a69}',
  'artifactory-reference-token': 'cmVmdGtu{a56}',
  'atlassian-api-token': 'ATATT3{a186}',
  'authress-service-client-access-key': 'ext_{l12}.{l4}.acc_{l14}.{a40}',
  'aws-access-token': 'AKIA{u16}',
  'aws-amazon-bedrock-api-key-long-lived': 'ABSK{a120}',
  'aws-amazon-bedrock-api-key-short-lived': 'bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t{a60}',
  'azure-ad-client-secret': '{a3}8Q~{a34}',
  'castai-api-key': 'castai_v1_{h64}_{h8}',
  'chieftools-pat': 'ctp_{a36}',
  'chieftools-access-token': 'cto_{a36}',
  'chieftools-refresh-token': 'ctr_{a36}',
  'clickhouse-cloud-api-secret-key': '4b1d{a38}',
  'clojars-api-token': 'CLOJARS_{l60}',
  'cloudflare-origin-ca-key': 'v1.0-{h24}-{h146}',
  'databricks-api-token': 'dapi{h32}',
  'defined-networking-api-token': 'dnkey-{a26}-{a52}',
  'digitalocean-access-token': 'doo_v1_{h64}',
  'digitalocean-pat': 'dop_v1_{h64}',
  'digitalocean-refresh-token': 'dor_v1_{h64}',
  'doppler-api-token': 'dp.pt.{a43}',
  'duffel-api-token': 'duffel_live_{a43}',
  'dynatrace-api-token': 'dt0c01.{a24}.{a64}',
  'easypost-api-token': 'EZAK{a54}',
  'easypost-test-api-token': 'EZTK{a54}',
  'facebook-page-access-token': 'EAAM{a120}',
  'flutterwave-encryption-key': 'FLWSECK_TEST-{h12}',
  'flutterwave-secret-key': 'FLWSECK_TEST-{h32}-X',
  'flyio-access-token': 'fm2_{a120}',
  'frameio-api-token': 'fio-u-{a64}',
  'gcp-api-key': 'AIza{a35}',
  'github-app-token': 'ghs_{a36}',
  'github-fine-grained-pat': 'github_pat_{a22}_{a59}',
  'github-oauth': 'gho_{a36}',
  'github-pat': 'ghp_{a36}',
  'github-refresh-token': 'ghr_{a36}',
  'gitlab-cicd-job-token': 'glcbt-{a4}_{a20}',
  'gitlab-deploy-token': 'gldt-{a20}',
  'gitlab-feature-flag-client-token': 'glffct-{a20}',
  'gitlab-feed-token': 'glft-{a20}',
  'gitlab-incoming-mail-token': 'glimt-{a25}',
  'gitlab-kubernetes-agent-token': 'glagent-{a50}',
  'gitlab-oauth-app-secret': 'gloas-{a64}',
  'gitlab-pat': 'glpat-{a20}',
  'gitlab-pat-routable': 'glpat-{a40}.01{l7}',
  'gitlab-ptt': 'glptt-{h40}',
  'gitlab-rrt': 'GR1348941{a20}',
  'gitlab-runner-authentication-token': 'glrt-{a20}',
  'gitlab-runner-authentication-token-routable': 'glrt-t1_{a40}.01{l7}',
  'gitlab-scim-token': 'glsoat-{a20}',
  'gitlab-session-cookie': '_gitlab_session={h32}',
  'grafana-api-key': 'eyJrIjoi{a80}',
  'grafana-cloud-api-token': 'glc_{a80}',
  'grafana-service-account-token': 'glsa_{a32}_{h8}',
  groq: 'gsk_{a52}',
  'harness-api-key': 'pat.{a22}.{a24}.{a20}',
  'hashicorp-tf-api-token': '{a14}.atlasv1.{a67}',
  'heroku-api-key-v2': 'HRKU-AA{a58}',
  'huggingface-access-token': 'hf_{s34}',
  'huggingface-organization-api-token': 'api_org_{s34}',
  'infracost-api-token': 'ico-{a32}',
  'intra42-client-secret': 's-s4t2ud-{h64}',
  jwt: jwt(),
  'jwt-base64': Buffer.from(jwt()).toString('base64'),
  'langsmith-api-key': 'lsv2_pt_{h32}_{h10}',
  'linear-api-key': 'lin_api_{a40}',
  'mailgun-private-api-token': 'key-{h32}',
  'maxmind-license-key': '{a6}_{a29}_mmk',
  'microsoft-teams-webhook':
    'https://acme.webhook.office.com/webhookb2/{h8}-{h4}-{h4}-{h4}-{h12}@{h8}-{h4}-{h4}-{h4}-{h12}/IncomingWebhook/{h32}/{h8}-{h4}-{h4}-{h4}-{h12}',
  'new-relic-browser-api-token': 'NRJS-{h19}',
  'new-relic-insert-key': 'NRII-{a32}',
  'new-relic-user-api-key': 'NRAK-{u27}',
  'notion-api-token': 'ntn_{d11}{a35}',
  'npm-access-token': 'npm_{a36}',
  'octopus-deploy-api-key': 'API-{u26}',
  'openai-api-key': 'sk-proj-{a74}T3BlbkFJ{a74}',
  'openshift-user-token': 'sha256~{a43}',
  'perplexity-api-key': 'pplx-{a48}',
  'plaid-api-token': 'access-production-{h8}-{h4}-{h4}-{h4}-{h12}',
  'planetscale-api-token': 'pscale_tkn_{a43}',
  'planetscale-oauth-token': 'pscale_oauth_{a43}',
  'planetscale-password': 'pscale_pw_{a43}',
  'postman-api-token': 'PMAK-{h24}-{h34}',
  'prefect-api-token': 'pnu_{a36}',
  'private-key': `-----BEGIN PRIVATE KEY-----\n{a64}\n{a64}\n-----END PRIVATE KEY-----`,
  'pulumi-api-token': 'pul-{h40}',
  'pypi-upload-token': 'pypi-AgEIcHlwaS5vcmc{a100}',
  'readme-api-token': 'rdme_{l70}',
  'rubygems-api-token': 'rubygems_{h48}',
  'scalingo-api-token': 'tk-us-{a48}',
  'sendgrid-api-token': 'SG.{a22}.{a43}',
  'sendinblue-api-token': 'xkeysib-{h64}-{a16}',
  'sentry-org-token': 'sntrys_eyJpYXQiO{a60}LCJyZWdpb25fdXJs{a40}_{a43}',
  'sentry-user-token': 'sntryu_{h64}',
  'settlemint-application-access-token': 'sm_aat_{a16}',
  'settlemint-personal-access-token': 'sm_pat_{a16}',
  'settlemint-service-access-token': 'sm_sat_{a16}',
  'shippo-api-token': 'shippo_live_{h40}',
  'shopify-access-token': 'shpat_{h32}',
  'shopify-custom-access-token': 'shpca_{h32}',
  'shopify-private-app-access-token': 'shppa_{h32}',
  'shopify-shared-secret': 'shpss_{h32}',
  'sidekiq-sensitive-url': 'https://{h8}:{h8}@gems.contribsys.com/',
  'slack-app-token': 'xapp-1-{u11}-{d13}-{h64}',
  'slack-bot-token': 'xoxb-{d12}-{d12}-{a24}',
  'slack-config-access-token': 'xoxe.xoxp-1-{u163}',
  'slack-config-refresh-token': 'xoxe-1-{u146}',
  'slack-legacy-bot-token': 'xoxb-{d12}-{a24}',
  'slack-legacy-token': 'xoxs-{d10}-{d10}-{d10}-{h10}',
  'slack-legacy-workspace-token': 'xoxa-2-{a48}',
  'slack-user-token': 'xoxp-{d12}-{d12}-{d12}-{a32}',
  'slack-webhook-url': 'https://hooks.slack.com/services/T{u8}/B{u10}/{a24}',
  'sourcegraph-access-token': 'sgp_{h16}_{h40}',
  'square-access-token': 'sq0atp-{a22}',
  'stripe-access-token': 'sk_live_{a24}',
  'twilio-api-key': 'SK{h32}',
  'typeform-api-token': 'tfp_{a59}',
  'vault-batch-token': 'hvb.{a140}',
  'vault-service-token': 'hvs.{a95}'
}

/** Returns the families that the scan finds in a text. */
async function familiesIn(text: string, encoding: BufferEncoding = 'latin1'): Promise<string[]> {
  const { findings } = await scan([Buffer.from(`"${text}"`, encoding)], matcher)
  return findings.flatMap((finding) => ('family' in finding ? [finding.family] : []))
}

test('there are at least 110 kinds', () => {
  expect(Object.keys(KINDS).length).toBeGreaterThanOrEqual(110)
})

test.each(Object.entries(KINDS))('%s is found', async (_, template) => {
  // A random token of few characters can be too regular to be real.
  const found = await Promise.all(Array.from({ length: 5 }, () => familiesIn(sample(template))))
  expect(found.filter((families) => families.length > 0).length).toBeGreaterThanOrEqual(4)
  const wide = await Promise.all(Array.from({ length: 5 }, () => familiesIn(sample(template), 'utf16le')))
  expect(wide.filter((families) => families.length > 0).length).toBeGreaterThanOrEqual(4)
})

const b64 = (text: string): string => Buffer.from(text).toString('base64')

test.each([
  [
    'private-key',
    'a PEM block in one line',
    '-----BEGIN PRIVATE KEY-----{a64}{a64}{a32}-----END PRIVATE KEY-----'
  ],
  ['java-keystore', 'JKS', `\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x05mykey\0\0{a400}`],
  ['jwk', 'JWK', '{"kty":"EC","crv":"P-256","d":"{a43}","x":"{a43}","y":"{a43}"}'],
  ['docker-login', 'config.json of Docker', `{"auths":{"ghcr.io":{"auth":"${b64('ci:Zx81-kLm9-Qq')}"}}}`],
  ['maven-password', 'settings.xml of Maven', '<server><password>Zx81-kLm9-Qq</password></server>'],
  ['npmrc-token', '.npmrc', '//npm.acme.com/:_authToken=NpmToken.{a36}'],
  ['basic-authorization', 'Authorization: Basic', `Authorization: Basic ${b64('ci:Zx81-kLm9-Qq')}`],
  [
    'basic-authorization',
    'a token in it',
    `Basic ${b64(`x-access-token:ghp_${'Ab3dEf7hJk'.repeat(3)}Zz9xYw`)}`
  ],
  [
    'basic-authorization',
    'the header that actions/checkout stores',
    `extraheader = AUTHORIZATION: basic ${b64('x-access-token:Zx81-kLm9-Qq')}`
  ],
  ['npm-login', '.npmrc', `//npm.acme.com/:_auth=${b64('ci:Zx81-kLm9-Qq')}`],
  ['bearer-authorization', 'Authorization: Bearer', 'Authorization: Bearer {a40}'],
  ['bearer-authorization', 'Authorization: bearer', 'authorization: bearer {a40}'],
  ['aws-secret-key', 'the variable of AWS', 'AWS_SECRET_ACCESS_KEY={a40} '],
  ['aws-secret-key', 'the answer of STS and of IMDS', '"SecretAccessKey" : "{a40}"'],
  [
    'private-key',
    'a PEM block in JSON in JSON',
    '-----BEGIN PRIVATE KEY-----\\\\n{a64}\\\\n{a64}\\\\n-----END PRIVATE KEY-----'
  ],
  ['nuget-key', 'NuGet', 'oy2{l43}'],
  ['jwe', 'JWE', `${json64({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.{a342}.{a16}.{a120}.{a22}`],
  ['jwe', 'JWE with a shared key', `${json64({ alg: 'dir', enc: 'A256GCM' })}..{a16}.{a60}.{a22}`],
  ['netrc-password', '.netrc', 'machine repo.acme.com login ci password Zx81-kLm9-Qq'],
  ['url-password', 'an address without a user', 'redis://:p4ss-W0rd-xyz@cache:6379']
])('%s is found: %s', async (family, _, template) => {
  expect(await familiesIn(sample(template))).toContain(family)
})

test('a token in UTF-16BE is found', async () => {
  const bytes = Buffer.from(sample('ghp_{a36} '), 'utf16le').swap16()
  const { findings } = await scan([bytes], matcher)
  expect(findings).toMatchObject([{ family: 'github-token', encoding: 'utf-16' }])
})

test.each([
  ['sha1', '{h40}'],
  ['sha256 that begins like a key', '4b1d{h60}'],
  ['path', 'pattern.matcher.group patternCompilerX.{s64}'],
  ['word', 'API-GATEWAYCONFIGURATIONSERVICES'],
  ['longer word', 'xxhf_{s60}'],
  ['base64', '{a200}hf_{s34}{a100}'],
  ['a password that is a reference', '<password>${env.PASSWORD_2}</password>'],
  ['SK in base64', '{a40}SK{h32}{a40}'],
  ['SK before sha256', 'SK{h64}'],
  ['a placeholder', 'Authorization: Bearer ${TOKEN_OF_THE_APPLICATION_1}'],
  ['words', 'Bearer authenticationRequiredByTheServer'],
  ['a placeholder', `Authorization: Basic ${b64('user:password')}`],
  ['a JKS with certificates only', '\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\x05mykey\0\0{a400}']
])('no token is found in a %s', async (_, template) => {
  expect(await familiesIn(sample(template))).toEqual([])
})

test('a private key has the same digest with real, escaped and no line breaks', async () => {
  const lines = [sample('{a64}'), sample('{a64}'), sample('{a32}')]
  const digests = await Promise.all(
    ['\n', '\r\n', '\\n', '\\r\\n', '\\\\n', '\\\\r\\\\n', ''].map(async (end) => {
      const pem = ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----'].join(end)
      const { findings } = await scan([Buffer.from(pem)], matcher)
      return findings.map((finding) => 'digest' in finding && finding.digest)
    })
  )
  expect(new Set(digests.flat()).size).toBe(1)
})
