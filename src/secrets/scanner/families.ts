import {
  BASE64,
  BREAK,
  bodyOfKey,
  hasBothCases,
  hasCredentials,
  hasDecodedJwt,
  hasElementPassword,
  hasKeyBody,
  hasRandomText,
  PEM_BODY
} from './family-checks.js'
import { bytesIn, token, type Family } from './family.js'
import { hasMixedRandomPart, hasPassword, hasRandomPart } from './strength.js'

/**
 * All token families. Formats are facts: where the issuer does not describe one, the source is the rule of gitleaks that knows it
 * (config/gitleaks.toml at 009e025, or later for the newest). Where two families match the same bytes, both are found.
 */
export const FAMILIES: readonly Family[] = [
  // GitHub, GitLab and other places of source code and builds
  token({
    id: 'github-token',
    what: 'token of GitHub',
    prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    body: [['alnum', 36]],
    source:
      'https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/'
  }),
  {
    id: 'github-app-token',
    what: 'installation token of a GitHub App, in the form of 2026',
    prefixes: ['ghs_'],
    pattern: /^ghs_\d{1,20}_([\w-]{8,1000}\.[\w-]{8,4000}\.[\w-]{8,1000})/,
    run: 10,
    longest: 6030,
    isReal: hasRandomPart,
    source: 'https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app'
  },
  token({
    id: 'github-fine-grained-token',
    what: 'fine-grained token of GitHub',
    prefixes: ['github_pat_'],
    body: [['alnum', 22], '_', ['alnum', 59]],
    source: 'gitleaks: github-fine-grained-pat'
  }),
  token({
    id: 'gitlab-token',
    what: 'token of GitLab',
    prefixes: ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glffct-', 'glft-', 'glimt-', 'glsoat-'],
    body: [['word and .', 20, 320]],
    source: 'https://docs.gitlab.com/security/tokens/#token-prefixes'
  }),
  token({
    id: 'gitlab-job-token',
    what: 'job token of GitLab',
    prefixes: ['glcbt-'],
    body: [['word', 20, 320]],
    source: 'https://docs.gitlab.com/security/tokens/#token-prefixes'
  }),
  token({
    id: 'gitlab-agent-token',
    what: 'token of a GitLab agent for Kubernetes',
    prefixes: ['glagent-'],
    body: [['word', 50, 64]],
    source: 'https://docs.gitlab.com/security/tokens/#token-prefixes'
  }),
  token({
    id: 'gitlab-application-secret',
    what: 'secret of an OAuth application at GitLab',
    prefixes: ['gloas-'],
    body: [['word', 64]],
    source: 'https://docs.gitlab.com/security/tokens/#token-prefixes'
  }),
  token({
    id: 'gitlab-runner-registration-token',
    what: 'registration token of a GitLab runner',
    prefixes: ['GR1348941'],
    body: [['word', 20]],
    source: 'https://docs.gitlab.com/security/tokens/#token-prefixes'
  }),
  token({
    id: 'gitlab-session',
    what: 'session of GitLab',
    prefixes: ['_gitlab_session='],
    body: [['lower', 32]],
    source: 'gitleaks: gitlab-session-cookie'
  }),
  token({
    id: 'sourcegraph-token',
    what: 'token of Sourcegraph',
    prefixes: ['sgp_'],
    body: [['any-case hex', 40]],
    bounded: true,
    source: 'gitleaks: sourcegraph-access-token'
  }),
  token({
    id: 'sourcegraph-instance-token',
    what: 'token of a Sourcegraph instance',
    prefixes: ['sgp_'],
    body: [['any-case hex', 16], '_', ['any-case hex', 40]],
    source: 'gitleaks: sourcegraph-access-token'
  }),
  token({
    id: 'sonar-token',
    what: 'token of SonarQube',
    prefixes: ['squ_', 'sqp_', 'sqa_'],
    body: [['hex', 40]],
    bounded: true,
    source: 'https://docs.sonarsource.com/sonarqube-server/latest/user-guide/managing-tokens/'
  }),
  token({
    id: 'harness-token',
    what: 'token of Harness',
    prefixes: ['pat.', 'sat.'],
    body: [['word', 22], '.', ['alnum', 24], '.', ['alnum', 20]],
    bounded: true,
    source: 'gitleaks: harness-api-key'
  }),
  token({
    id: 'octopus-key',
    what: 'API key of Octopus Deploy',
    prefixes: ['API-'],
    body: [['upper', 26]],
    bounded: true,
    source: 'gitleaks: octopus-deploy-api-key'
  }),
  token({
    id: 'prefect-token',
    what: 'token of Prefect',
    prefixes: ['pnu_'],
    body: [['alnum', 36]],
    bounded: true,
    source: 'gitleaks: prefect-api-token'
  }),
  token({
    id: 'infracost-token',
    what: 'token of Infracost',
    prefixes: ['ico-'],
    body: [['alnum', 32]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'gitleaks: infracost-api-token'
  }),
  token({
    id: 'postman-key',
    what: 'API key of Postman',
    prefixes: ['PMAK-'],
    body: [['any-case hex', 24], '-', ['any-case hex', 34]],
    source: 'gitleaks: postman-api-token'
  }),
  token({
    id: 'readme-key',
    what: 'API key of ReadMe',
    prefixes: ['rdme_'],
    body: [['lower', 70]],
    source: 'gitleaks: readme-api-token'
  }),
  token({
    id: 'castai-key',
    what: 'API key of Cast AI',
    prefixes: ['castai_v1_'],
    body: [['alnum', 64], '_', ['alnum', 8]],
    source: 'gitleaks: castai-api-key'
  }),
  token({
    id: 'chieftools-token',
    what: 'token of Chief Tools',
    prefixes: ['ctp_', 'cto_', 'ctr_'],
    body: [['alnum', 36]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'https://docs.chief.tools/accountchief/tokens'
  }),

  // Package registries
  token({
    id: 'npm-token',
    what: 'token of the npm registry',
    prefixes: ['npm_'],
    body: [['alnum', 36]],
    source: 'https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/'
  }),
  token({
    id: 'npmrc-token',
    what: 'token in an .npmrc',
    prefixes: [':_authToken='],
    body: [['word and .', 20, 400]],
    isReal: hasMixedRandomPart,
    source: 'https://docs.npmjs.com/cli/configuring-npm/npmrc#auth-related-configuration'
  }),
  token({
    id: 'docker-token',
    what: 'token of Docker Hub',
    prefixes: ['dckr_pat_', 'dckr_oat_'],
    body: [['word', 27, 40]],
    source: 'https://docs.docker.com/security/access-tokens/'
  }),
  token({
    id: 'pypi-token',
    what: 'token of PyPI',
    prefixes: ['pypi-AgEIcHlwaS5vcmc'],
    body: [['word', 50, 1000]],
    source: 'https://pypi.org/help/#apitoken'
  }),
  token({
    id: 'rubygems-key',
    what: 'API key of RubyGems',
    prefixes: ['rubygems_'],
    body: [['hex', 48]],
    source: 'gitleaks: rubygems-api-token'
  }),
  token({
    id: 'clojars-token',
    what: 'deploy token of Clojars',
    prefixes: ['CLOJARS_'],
    body: [['lower', 60]],
    source: 'gitleaks: clojars-api-token'
  }),
  token({
    id: 'nuget-key',
    what: 'API key of NuGet',
    prefixes: ['oy2'],
    body: [['lower', 43]],
    bounded: true,
    isReal: (match) => hasRandomPart(match) && (match[1]?.match(/\d/g) ?? []).length >= 4,
    source: 'https://github.com/trufflesecurity/trufflehog/tree/main/pkg/detectors/nugetapikey'
  }),
  token({
    id: 'artifactory-key',
    what: 'API key of Artifactory',
    prefixes: ['AKCp'],
    body: [['alnum', 69]],
    bounded: true,
    source: 'gitleaks: artifactory-api-key'
  }),
  token({
    id: 'artifactory-reference-token',
    what: 'reference token of Artifactory',
    prefixes: ['cmVmdGtu'],
    body: [['alnum', 56]],
    bounded: true,
    source: 'gitleaks: artifactory-reference-token'
  }),

  // Clouds
  token({
    id: 'aws-access-key-id',
    what: 'access key id of AWS',
    prefixes: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    body: [['upper', 16]],
    bounded: true,
    isReal: (match) => /^[A-Z2-7]*$/.test(match[1] ?? '') && hasRandomPart(match),
    source:
      'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids'
  }),
  token({
    id: 'aws-secret-key',
    what: 'secret access key of AWS in a file, a variable or an answer of STS',
    prefixes: [
      ...['aws_secret_access_key=', 'aws_secret_access_key = ', 'AWS_SECRET_ACCESS_KEY='],
      ...['"SecretAccessKey":"', '"SecretAccessKey": "', '"SecretAccessKey" : "', '<SecretAccessKey>']
    ],
    body: [['base64', 40]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html'
  }),
  token({
    id: 'aws-bedrock-key',
    what: 'API key of Amazon Bedrock',
    prefixes: ['ABSK'],
    body: [['base64', 109, 269]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'gitleaks: aws-amazon-bedrock-api-key-long-lived'
  }),
  token({
    id: 'aws-bedrock-short-key',
    what: 'short-lived API key of Amazon Bedrock',
    prefixes: ['bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t'],
    body: [['base64', 20, 2000]],
    source: 'gitleaks: aws-amazon-bedrock-api-key-short-lived'
  }),
  token({
    id: 'azure-client-secret',
    what: 'client secret of Azure',
    lead: [['word and .', 3]],
    prefixes: ['7Q~', '8Q~'],
    body: [['word and .', 31, 34]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'https://learn.microsoft.com/en-us/purview/sit-defn-client-secret-api-key'
  }),
  token({
    id: 'azure-storage-key',
    what: 'account key of Azure Storage',
    prefixes: ['AccountKey='],
    body: [['base64', 86], '=='],
    isReal: hasMixedRandomPart,
    source: 'https://learn.microsoft.com/en-us/azure/storage/common/storage-configure-connection-string'
  }),
  token({
    id: 'azure-shared-access-key',
    what: 'shared access key of Azure',
    prefixes: ['SharedAccessKey='],
    body: [['base64', 43], '='],
    isReal: hasMixedRandomPart,
    source: 'https://learn.microsoft.com/en-us/azure/event-hubs/event-hubs-get-connection-string'
  }),
  token({
    id: 'google-api-key',
    what: 'API key of Google',
    prefixes: ['AIza'],
    body: [['word', 35]],
    source: 'gitleaks: gcp-api-key'
  }),
  token({
    id: 'google-client-secret',
    what: 'client secret of Google',
    prefixes: ['GOCSPX-'],
    body: [['word', 28]],
    source: 'https://developers.google.com/identity/protocols/oauth2'
  }),
  token({
    id: 'google-access-token',
    what: 'access token of Google',
    prefixes: ['ya29.'],
    body: [['word', 60, 1024]],
    isReal: hasMixedRandomPart,
    source: 'https://developers.google.com/identity/protocols/oauth2#size'
  }),
  token({
    id: 'alibaba-access-key-id',
    what: 'access key id of Alibaba Cloud',
    prefixes: ['LTAI'],
    body: [['alnum', 20]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'gitleaks: alibaba-access-key-id'
  }),
  token({
    id: 'digitalocean-token',
    what: 'token of DigitalOcean',
    prefixes: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    body: [['hex', 64]],
    source: 'https://docs.digitalocean.com/reference/api/create-personal-access-token/'
  }),
  token({
    id: 'heroku-key',
    what: 'API key of Heroku',
    prefixes: ['HRKU-AA'],
    body: [['word', 58]],
    source: 'gitleaks: heroku-api-key-v2'
  }),
  token({
    id: 'fly-token',
    what: 'token of Fly.io',
    prefixes: ['fm1a_', 'fm1r_', 'fm2_'],
    body: [['base64', 100, 2000]],
    isReal: hasMixedRandomPart,
    source: 'gitleaks: flyio-access-token'
  }),
  token({
    id: 'fly-access-token',
    what: 'access token of Fly.io',
    prefixes: ['fo1_'],
    body: [['word', 43]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'gitleaks: flyio-access-token'
  }),
  token({
    id: 'scalingo-token',
    what: 'token of Scalingo',
    prefixes: ['tk-us-'],
    body: [['word', 48]],
    source: 'gitleaks: scalingo-api-token'
  }),
  token({
    id: 'openshift-token',
    what: 'token of OpenShift',
    prefixes: ['sha256~'],
    body: [['word', 43]],
    source: 'gitleaks: openshift-user-token'
  }),
  token({
    id: 'cloudflare-origin-key',
    what: 'origin CA key of Cloudflare',
    prefixes: ['v1.0-'],
    body: [['hex', 24], '-', ['hex', 146]],
    source: 'https://developers.cloudflare.com/fundamentals/api/get-started/ca-keys/'
  }),

  // Infrastructure and secrets
  token({
    id: 'vault-token',
    what: 'token of Vault',
    prefixes: ['hvs.', 'hvb.', 'hvr.'],
    body: [['word', 24, 300]],
    isReal: hasMixedRandomPart,
    source: 'https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes'
  }),
  token({
    id: 'terraform-token',
    what: 'token of HCP Terraform',
    lead: [['alnum', 14]],
    prefixes: ['.atlasv1.'],
    body: [['word and =', 60, 70]],
    source: 'gitleaks: hashicorp-tf-api-token'
  }),
  token({
    id: 'pulumi-token',
    what: 'token of Pulumi',
    prefixes: ['pul-'],
    body: [['hex', 40]],
    bounded: true,
    source: 'gitleaks: pulumi-api-token'
  }),
  token({
    id: 'doppler-token',
    what: 'token of Doppler',
    prefixes: ['dp.pt.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    body: [['alnum', 40, 44]],
    source: 'gitleaks: doppler-api-token'
  }),
  token({
    id: 'doppler-service-token',
    what: 'service token of Doppler',
    prefixes: ['dp.st.'],
    body: [['word and .', 40, 80]],
    isReal: hasMixedRandomPart,
    source: 'https://docs.doppler.com/docs/service-tokens'
  }),
  token({
    id: '1password-secret-key',
    what: 'secret key of 1Password',
    prefixes: ['A3-'],
    body: [
      ['upper', 6],
      '-',
      ['upper', 6],
      '-',
      ['upper', 5],
      '-',
      ['upper', 5],
      '-',
      ['upper', 5],
      '-',
      ['upper', 5]
    ],
    bounded: true,
    source: 'https://support.1password.com/secret-key-security/'
  }),
  token({
    id: '1password-old-secret-key',
    what: 'secret key of 1Password, in the form with fewer dashes',
    prefixes: ['A3-'],
    body: [['upper', 6], '-', ['upper', 11], '-', ['upper', 5], '-', ['upper', 5], '-', ['upper', 5]],
    bounded: true,
    source: 'gitleaks: 1password-secret-key'
  }),
  token({
    id: '1password-service-token',
    what: 'service account token of 1Password',
    prefixes: ['ops_eyJ'],
    body: [['base64', 250, 1500]],
    source: 'https://developer.1password.com/docs/service-accounts/'
  }),
  token({
    id: 'age-key',
    what: 'secret key of age',
    prefixes: ['AGE-SECRET-KEY-1'],
    body: [['bech32', 58]],
    source: 'https://github.com/C2SP/C2SP/blob/main/age.md'
  }),
  token({
    id: 'tailscale-key',
    what: 'key of Tailscale',
    prefixes: ['tskey-auth-', 'tskey-api-', 'tskey-client-', 'tskey-scim-', 'tskey-webhook-'],
    body: [['alnum', 10, 24], '-', ['alnum', 20, 48]],
    source: 'https://tailscale.com/kb/1277/key-prefixes'
  }),
  token({
    id: 'authress-key',
    what: 'access key of an Authress service client',
    prefixes: ['ext_', 'scauth_', 'authress_'],
    body: [['lower', 5, 30], '.', ['lower', 4, 6], '.acc', ['word', 11, 33], '.', ['word and =', 30, 120]],
    bounded: true,
    source: 'gitleaks: authress-service-client-access-key'
  }),
  token({
    id: 'planetscale-token',
    what: 'token or password of PlanetScale',
    prefixes: ['pscale_tkn_', 'pscale_oauth_', 'pscale_pw_'],
    body: [['word and .', 32, 64]],
    source: 'gitleaks: planetscale-api-token'
  }),
  token({
    id: 'clickhouse-key',
    what: 'API key of ClickHouse Cloud',
    prefixes: ['4b1d'],
    body: [['alnum', 38]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'gitleaks: clickhouse-cloud-api-secret-key'
  }),
  token({
    id: 'databricks-token',
    what: 'token of Databricks',
    prefixes: ['dapi'],
    body: [['hex', 32]],
    bounded: true,
    source: 'gitleaks: databricks-api-token'
  }),
  token({
    id: 'maxmind-key',
    what: 'licence key of MaxMind',
    lead: [['alnum', 6], '_', ['alnum', 29]],
    prefixes: ['_mmk'],
    body: [],
    bounded: true,
    isReal: ([match]) => hasRandomText(match),
    source: 'https://dev.maxmind.com/license-key-validation-api/'
  }),

  // Observability
  token({
    id: 'grafana-key',
    what: 'API key of Grafana',
    prefixes: ['eyJrIjoi'],
    body: [['base64', 70, 400]],
    source: 'gitleaks: grafana-api-key'
  }),
  token({
    id: 'grafana-cloud-token',
    what: 'token of Grafana Cloud',
    prefixes: ['glc_'],
    body: [['base64', 32, 400]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'gitleaks: grafana-cloud-api-token'
  }),
  token({
    id: 'grafana-service-token',
    what: 'service account token of Grafana',
    prefixes: ['glsa_'],
    body: [['alnum', 32], '_', ['any-case hex', 8]],
    source: 'gitleaks: grafana-service-account-token'
  }),
  token({
    id: 'dynatrace-token',
    what: 'token of Dynatrace',
    prefixes: ['dt0c01.', 'dt0s01.', 'dt0s16.', 'dt0s02.'],
    body: [['alnum', 24], '.', ['alnum', 64]],
    source: 'https://docs.dynatrace.com/docs/dynatrace-api/basics/dynatrace-api-authentication'
  }),
  token({
    id: 'new-relic-key',
    what: 'user key of New Relic',
    prefixes: ['NRAK-'],
    body: [['upper', 27]],
    source: 'https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/'
  }),
  token({
    id: 'new-relic-browser-key',
    what: 'browser key of New Relic',
    prefixes: ['NRJS-'],
    body: [['hex', 19]],
    source: 'gitleaks: new-relic-browser-api-token'
  }),
  token({
    id: 'new-relic-insert-key',
    what: 'insert key of New Relic',
    prefixes: ['NRII-'],
    body: [['word', 32]],
    source: 'gitleaks: new-relic-insert-key'
  }),
  token({
    id: 'sentry-organization-token',
    what: 'organization token of Sentry',
    prefixes: ['sntrys_eyJ'],
    body: [['base64', 40, 500]],
    source: 'gitleaks: sentry-org-token'
  }),
  token({
    id: 'sentry-user-token',
    what: 'user token of Sentry',
    prefixes: ['sntryu_'],
    body: [['hex', 64]],
    source: 'gitleaks: sentry-user-token'
  }),

  // Models
  token({
    id: 'openai-key',
    what: 'API key of OpenAI',
    prefixes: ['sk-proj-', 'sk-svcacct-', 'sk-admin-'],
    body: [['word', 58, 74], 'T3BlbkFJ', ['word', 58, 74]],
    source: 'gitleaks: openai-api-key'
  }),
  token({
    id: 'openai-old-key',
    what: 'API key of OpenAI, in the form of before 2024',
    lead: ['sk-', ['alnum', 20]],
    prefixes: ['T3BlbkFJ'],
    body: [['alnum', 20]],
    source: 'gitleaks: openai-api-key'
  }),
  token({
    id: 'anthropic-key',
    what: 'API key of Anthropic',
    prefixes: ['sk-ant-api03-', 'sk-ant-admin01-'],
    body: [['word', 93], 'AA'],
    source: 'gitleaks: anthropic-api-key'
  }),
  token({
    id: 'hugging-face-token',
    what: 'token of Hugging Face',
    prefixes: ['hf_'],
    body: [['letters', 34]],
    bounded: true,
    isReal: (match) => hasRandomPart(match) && hasBothCases(match),
    source: 'gitleaks: huggingface-access-token'
  }),
  token({
    id: 'hugging-face-organization-token',
    what: 'organization token of Hugging Face',
    prefixes: ['api_org_'],
    body: [['letters', 34]],
    source: 'gitleaks: huggingface-organization-api-token'
  }),
  token({
    id: 'groq-key',
    what: 'API key of Groq',
    prefixes: ['gsk_'],
    body: [['alnum', 52]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'https://console.groq.com/docs/quickstart'
  }),
  token({
    id: 'xai-key',
    what: 'API key of xAI',
    prefixes: ['xai-'],
    body: [['alnum', 80]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'https://docs.x.ai/docs/tutorial'
  }),
  token({
    id: 'perplexity-key',
    what: 'API key of Perplexity',
    prefixes: ['pplx-'],
    body: [['alnum', 48]],
    source: 'gitleaks: perplexity-api-key'
  }),
  token({
    id: 'langsmith-key',
    what: 'API key of LangSmith',
    prefixes: ['lsv2_pt_', 'lsv2_sk_'],
    body: [['hex', 32], '_', ['hex', 10]],
    source: 'gitleaks: langsmith'
  }),

  // Payment and trade
  token({
    id: 'stripe-key',
    what: 'secret key of Stripe',
    prefixes: ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_', 'sk_prod_', 'rk_prod_'],
    body: [['alnum', 24, 200]],
    source: 'https://docs.stripe.com/keys'
  }),
  token({
    id: 'stripe-webhook-secret',
    what: 'webhook secret of Stripe',
    prefixes: ['whsec_'],
    body: [['base64', 32, 64]],
    isReal: hasMixedRandomPart,
    source: 'https://docs.stripe.com/webhooks'
  }),
  token({
    id: 'square-token',
    what: 'access token of Square',
    prefixes: ['sq0atp-', 'sq0csp-'],
    body: [['word', 22, 60]],
    source: 'gitleaks: square-access-token'
  }),
  token({
    id: 'square-production-token',
    what: 'access token of Square, in the form of today',
    prefixes: ['EAAA'],
    body: [['word', 60]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'https://developer.squareup.com/docs/build-basics/access-tokens'
  }),
  token({
    id: 'shopify-token',
    what: 'token or secret of Shopify',
    prefixes: ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    body: [['any-case hex', 32]],
    source: 'gitleaks: shopify-access-token'
  }),
  token({
    id: 'flutterwave-key',
    what: 'secret key of Flutterwave',
    prefixes: ['FLWSECK_TEST-', 'FLWSECK-'],
    body: [['a-h', 32], '-X'],
    source: 'gitleaks: flutterwave-secret-key'
  }),
  token({
    id: 'flutterwave-encryption-key',
    what: 'encryption key of Flutterwave',
    prefixes: ['FLWSECK_TEST'],
    body: ['-', ['a-h', 12]],
    bounded: true,
    source: 'gitleaks: flutterwave-encryption-key'
  }),
  token({
    id: 'plaid-token',
    what: 'access token of Plaid',
    prefixes: ['access-production-', 'access-development-', 'access-sandbox-'],
    body: [['hex', 8], '-', ['hex', 4], '-', ['hex', 4], '-', ['hex', 4], '-', ['hex', 12]],
    source: 'gitleaks: plaid-api-token'
  }),
  token({
    id: 'duffel-token',
    what: 'token of Duffel',
    prefixes: ['duffel_test_', 'duffel_live_'],
    body: [['word and =', 43]],
    source: 'gitleaks: duffel-api-token'
  }),
  token({
    id: 'easypost-key',
    what: 'API key of EasyPost',
    prefixes: ['EZAK', 'EZTK'],
    body: [['alnum', 54]],
    bounded: true,
    source: 'gitleaks: easypost-api-token'
  }),
  token({
    id: 'shippo-token',
    what: 'token of Shippo',
    prefixes: ['shippo_live_', 'shippo_test_'],
    body: [['any-case hex', 40]],
    source: 'gitleaks: shippo-api-token'
  }),
  token({
    id: 'settlemint-token',
    what: 'token of SettleMint',
    prefixes: ['sm_aat_', 'sm_pat_', 'sm_sat_'],
    body: [['alnum', 16]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'gitleaks: settlemint-application-access-token'
  }),

  // Mail, chat and other services
  token({
    id: 'sendgrid-key',
    what: 'API key of SendGrid',
    prefixes: ['SG.'],
    body: [['word', 22], '.', ['word', 43]],
    bounded: true,
    source: 'gitleaks: sendgrid-api-token'
  }),
  token({
    id: 'brevo-key',
    what: 'API key of Brevo',
    prefixes: ['xkeysib-', 'xsmtpsib-'],
    body: [['hex', 64], '-', ['alnum', 16]],
    source: 'gitleaks: sendinblue-api-token'
  }),
  token({
    id: 'mailgun-key',
    what: 'private key of Mailgun',
    prefixes: ['key-'],
    body: [['hex', 32]],
    bounded: true,
    source: 'gitleaks: mailgun-private-api-token'
  }),
  token({
    id: 'twilio-key',
    what: 'API key of Twilio',
    // SK alone is too short to search for: a digit of hex follows.
    prefixes: [...'0123456789abcdef'].map((digit) => `SK${digit}`),
    body: [['hex', 31]],
    bounded: true,
    source: 'gitleaks: twilio-api-key'
  }),
  token({
    id: 'slack-token',
    what: 'token of Slack',
    prefixes: ['xoxa-', 'xoxb-', 'xoxc-', 'xoxd-', 'xoxe-', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-1-'],
    body: [['word and %', 20, 250]],
    isReal: (match) => /^[A-Za-z-]{0,30}\d/.test(match[1] ?? '') && hasRandomPart(match),
    source: 'https://docs.slack.dev/authentication/tokens/'
  }),
  token({
    id: 'slack-webhook',
    what: 'webhook of Slack',
    prefixes: ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'],
    body: [['base64', 43, 56]],
    isReal: hasMixedRandomPart,
    source: 'https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/'
  }),
  token({
    id: 'airtable-token',
    what: 'personal access token of Airtable',
    prefixes: ['pat'],
    body: [['alnum', 14], '.', ['hex', 64]],
    bounded: true,
    source: 'gitleaks: airtable-personnal-access-token'
  }),
  {
    id: 'teams-webhook',
    what: 'webhook of Microsoft Teams',
    prefixes: ['webhook.office.com/webhookb2/'],
    pattern:
      /^webhook\.office\.com\/webhookb2\/([0-9a-z-]{36}@[0-9a-z-]{36}\/IncomingWebhook\/[0-9a-z]{32}\/[0-9a-z-]{36})/,
    run: 36,
    longest: 200,
    isReal: hasRandomPart,
    source: 'gitleaks: microsoft-teams-webhook'
  },
  token({
    id: 'facebook-token',
    what: 'page token of Facebook',
    prefixes: ['EAAM', 'EAAC'],
    body: [['alnum', 100, 400]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'gitleaks: facebook-page-access-token'
  }),
  token({
    id: 'atlassian-token',
    what: 'token of Atlassian',
    prefixes: ['ATATT3', 'ATCTT3'],
    body: [['word and =', 160, 220]],
    source: 'gitleaks: atlassian-api-token'
  }),
  token({
    id: 'bitbucket-app-password',
    what: 'app password of Bitbucket',
    prefixes: ['ATBB'],
    body: [['alnum', 32]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'https://support.atlassian.com/bitbucket-cloud/docs/app-passwords/'
  }),
  token({
    id: 'notion-token',
    what: 'token of Notion',
    prefixes: ['ntn_'],
    body: [
      ['digits', 11],
      ['alnum', 35]
    ],
    bounded: true,
    source: 'gitleaks: notion-api-token'
  }),
  token({
    id: 'linear-key',
    what: 'API key of Linear',
    prefixes: ['lin_api_'],
    body: [['alnum', 40]],
    source: 'gitleaks: linear-api-key'
  }),
  token({
    id: 'adobe-client-secret',
    what: 'client secret of Adobe',
    prefixes: ['p8e-'],
    body: [['alnum', 32]],
    bounded: true,
    isReal: hasMixedRandomPart,
    source: 'gitleaks: adobe-client-secret'
  }),
  token({
    id: 'frameio-token',
    what: 'token of Frame.io',
    prefixes: ['fio-u-'],
    body: [['word and =', 64]],
    source: 'gitleaks: frameio-api-token'
  }),
  token({
    id: 'intra42-secret',
    what: 'client secret of Intra 42',
    prefixes: ['s-s4t2ud-', 's-s4t2af-'],
    body: [['hex', 64]],
    source: 'gitleaks: intra42-client-secret'
  }),
  token({
    id: 'typeform-token',
    what: 'token of Typeform',
    prefixes: ['tfp_'],
    body: [['word and .', 59]],
    bounded: true,
    source: 'gitleaks: typeform-api-token'
  }),
  token({
    id: 'defined-networking-token',
    what: 'token of Defined Networking',
    prefixes: ['dnkey-'],
    body: [['word and =', 26], '-', ['word and =', 52]],
    source: 'gitleaks: defined-networking-api-token'
  }),

  // Java's and everybody's
  {
    id: 'private-key',
    what: 'private key (PEM)',
    prefixes: ['-----BEGIN '],
    // The header alone is a constant of the JDK and of many libraries: a body must follow, perhaps after headers such as
    // `Proc-Type:` and an empty line, also without any line break.
    pattern: new RegExp(
      `^-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----(?:${BREAK}| ){0,2}` +
        `(?:[A-Za-z-]{4,20}: ?[^\\r\\n\\\\]{1,100}${BREAK}){0,4}(?:${BREAK})?(${PEM_BODY})`
    ),
    run: 2,
    longest: 1200,
    isReal: hasKeyBody,
    identity: bodyOfKey,
    source: 'https://www.rfc-editor.org/rfc/rfc7468'
  },
  {
    id: 'putty-key',
    what: 'private key of PuTTY',
    prefixes: ['Private-Lines: '],
    pattern: new RegExp(`^Private-Lines: \\d{1,3}${BREAK}(${BASE64}{40,64}(?:${BREAK}${BASE64}{1,64}){0,4})`),
    run: 1,
    longest: 420,
    isReal: hasKeyBody,
    identity: bodyOfKey,
    source: 'https://the.earth.li/~sgtatham/putty/latest/htmldoc/AppendixC.html'
  },
  {
    id: 'java-keystore',
    what: 'private key in a JKS or JCEKS keystore',
    prefixes: ['\xfe\xed\xfe\xed\0\0\0\x02', '\xce\xce\xce\xce\0\0\0\x02'],
    // The first entry: 1 is a private key, 2 a trusted certificate, 3 a secret key. Its name, date and encrypted key follow.
    // eslint-disable-next-line no-control-regex -- binary data
    pattern: /^[^]{8}\0[^]{3}\0\0\0[\x01\x03]\0([\x01-\xff][^]{200})/,
    binary: true,
    run: 0,
    longest: 220,
    isReal: () => true,
    source:
      'https://github.com/openjdk/jdk/blob/master/src/java.base/share/classes/sun/security/provider/JavaKeyStore.java'
  },
  {
    id: 'pkcs12-key',
    what: 'encrypted private key in a PKCS #12 keystore',
    // The OID of pkcs8ShroudedKeyBag, and the tag of its content, which the constants of libraries do not have.
    prefixes: ['\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02\xa0\x82'],
    pattern: /^[^]{15}([^]{300})/,
    binary: true,
    run: 0,
    longest: 315,
    isReal: () => true,
    source: 'https://www.rfc-editor.org/rfc/rfc7292#appendix-D'
  },
  {
    id: 'jwk',
    what: 'private key (JWK)',
    prefixes: ['"d":"', '"d": "'],
    // The lengths of Ed25519, P-256, P-384, P-521, Ed448, and RSA of 2048, 3072 and 4096 bits.
    pattern: /^"d": ?"([\w-]{683}|[\w-]{512}|[\w-]{342}|[\w-]{88}|[\w-]{76}|[\w-]{64}|[\w-]{43})"/,
    run: 43,
    longest: 700,
    isReal: hasMixedRandomPart,
    identity: ([, member = '']) => member,
    source: 'https://www.rfc-editor.org/rfc/rfc7518#section-6'
  },
  {
    id: 'jwk-symmetric',
    what: 'symmetric key (JWK)',
    prefixes: ['"k":"', '"k": "'],
    // 32, 48 and 64 bytes.
    pattern: /^"k": ?"([\w-]{86}|[\w-]{64}|[\w-]{43})"/,
    run: 43,
    longest: 100,
    isReal: hasMixedRandomPart,
    identity: ([, member = '']) => member,
    source: 'https://www.rfc-editor.org/rfc/rfc7518#section-6.4'
  },
  {
    id: 'jwt',
    what: 'signed JSON web token',
    prefixes: ['eyJ'],
    pattern: /^(eyJ[\w-]{10,2000})\.eyJ[\w-]{10,8000}\.[\w-]{20,1400}/,
    run: 10,
    longest: 11_420,
    isReal: ([, header = '']) => /"alg"\s*:/.test(Buffer.from(header, 'base64url').toString('latin1')),
    source: 'https://www.rfc-editor.org/rfc/rfc7519'
  },
  {
    id: 'jwe',
    what: 'encrypted JSON web token',
    prefixes: ['eyJ'],
    // Header, encrypted key (none with a shared key), initialization vector, content, tag.
    pattern: /^(eyJ[\w-]{10,2000})\.[\w-]{0,800}\.[\w-]{16,22}\.[\w-]{4,8000}\.[\w-]{22,43}/,
    run: 10,
    longest: 11_100,
    isReal: ([, header = '']) => /"enc"\s*:/.test(Buffer.from(header, 'base64url').toString('latin1')),
    source: 'https://www.rfc-editor.org/rfc/rfc7516#section-3.1'
  },
  {
    id: 'jwt-base64',
    what: 'signed JSON web token in base64',
    prefixes: ['ZXlK'],
    pattern: /^(ZXlK[\w+/-]{60,6000})/,
    run: 10,
    longest: 6004,
    bounded: true,
    isReal: hasDecodedJwt,
    source: 'https://www.rfc-editor.org/rfc/rfc7519'
  },
  {
    id: 'basic-authorization',
    what: 'user and password of HTTP (Basic)',
    prefixes: ['Basic ', 'basic '],
    pattern: /^[Bb]asic ([A-Za-z0-9+/]{12,512}={0,2})/,
    run: 0,
    longest: 520,
    isReal: hasCredentials,
    identity: ([, credentials = '']) => credentials,
    source: 'https://www.rfc-editor.org/rfc/rfc7617'
  },
  {
    id: 'bearer-authorization',
    what: 'token of HTTP (Bearer)',
    prefixes: ['Bearer ', 'bearer '],
    pattern: /^[Bb]earer ([\w.~+/-]{20,2000}={0,2})/,
    run: 0,
    longest: 2010,
    isReal: hasMixedRandomPart,
    identity: ([, credentials = '']) => credentials,
    source: 'https://www.rfc-editor.org/rfc/rfc6750#section-2.1'
  },
  {
    id: 'npm-login',
    what: 'login in an .npmrc',
    prefixes: [':_auth=', '_auth = '],
    pattern: /^:?_auth ?= ?([A-Za-z0-9+/]{12,512}={0,2})/,
    run: 0,
    longest: 530,
    isReal: hasCredentials,
    identity: ([, credentials = '']) => credentials,
    source: 'https://docs.npmjs.com/cli/configuring-npm/npmrc#auth-related-configuration'
  },
  {
    id: 'docker-login',
    what: 'login in a config.json of Docker',
    prefixes: ['"auth":'],
    pattern: /^"auth": ?"([A-Za-z0-9+/]{12,2000}={0,2})"/,
    run: 0,
    longest: 2020,
    isReal: hasCredentials,
    identity: ([, credentials = '']) => credentials,
    source: 'https://docs.docker.com/reference/cli/docker/login/'
  },
  {
    id: 'maven-password',
    what: 'password in settings.xml of Maven',
    prefixes: ['<password>'],
    pattern: /^<password>([^<>\s]{8,128})<\/password>/,
    run: 0,
    longest: 160,
    isReal: hasElementPassword,
    source: 'https://maven.apache.org/settings.html#servers'
  },
  {
    id: 'netrc-password',
    what: 'login in a .netrc',
    prefixes: ['machine '],
    pattern: /^machine [\w.:-]{1,253}\s{1,8}login \S{1,100}\s{1,8}password (\S{8,128})/,
    run: 1,
    longest: 530,
    isReal: hasElementPassword,
    source: 'https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html'
  },
  {
    id: 'jdbc-password',
    what: 'JDBC address with a password',
    prefixes: ['jdbc:'],
    // A parameter, or the form of Oracle: jdbc:oracle:thin:user/password@host.
    pattern:
      /^jdbc:(?:[\w:]{2,40}:[\w.:/?&;=@,!$%()*+~#{}[\]-]{2,400}[?;&]password=([\w.:/?=@,!$%()*+~#{}[\]^|-]{4,128})|oracle:thin:[\w$#]{1,30}\/([\w.!$%()*+~#{}^-]{4,128})@)/i,
    run: 2,
    longest: 600,
    isReal: hasPassword,
    source: 'https://docs.oracle.com/en/database/oracle/oracle-database/23/jajdb/'
  },
  {
    id: 'url-password',
    what: 'address with user and password',
    prefixes: ['://'],
    next: bytesIn(/[\w.%+~:-]/),
    pattern: /^:\/\/[\w.%+~-]{0,64}:([!$&()*+,;=%.~^#|\w-]{4,128})@[A-Za-z0-9[][\w.-]/,
    run: 0,
    longest: 200,
    isReal: hasPassword,
    source: 'https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1'
  }
]
