import type { Signature } from '../signature.js'

/** What registries say at a push. */
export const registry: readonly Signature[] = [
  {
    id: 'reg-write-package',
    operations: ['push'],
    stream: 'registry',
    pattern: /denied: permission_denied: write_package/m,
    category: 'registry',
    cause: 'The token may not write to this package.',
    fix: "Give the job `permissions: packages: write`, and in the package's settings give the repository write access.",
    weight: 'cause'
  },
  {
    id: 'reg-denied',
    operations: ['push'],
    stream: 'registry',
    pattern:
      /denied: (?:installation not allowed|requested access to the resource is denied|permission_denied|.*does not exist)/m,
    category: 'registry',
    cause: 'The registry refused access.',
    fix: 'Run docker/login-action before this step, with a token that may write to this repository, and check its name in `tags`.',
    weight: 'cause'
  },
  {
    id: 'reg-unauthorized',
    operations: ['push'],
    stream: 'registry',
    pattern: /unauthorized: |401 Unauthorized|no basic auth credentials/m,
    category: 'registry',
    cause: 'The registry does not know who is pushing.',
    fix: 'Run docker/login-action before this step; in long jobs, directly before it.',
    weight: 'cause'
  },
  {
    id: 'reg-403',
    operations: ['push'],
    stream: 'registry',
    pattern: /403 \(?Forbidden/m,
    category: 'registry',
    cause: 'The registry forbids it.',
    fix: 'Check the rights of the token on this repository; if they are right, run the job again.',
    weight: 'cause'
  },
  {
    id: 'reg-429',
    operations: ['push'],
    stream: 'registry',
    pattern: /toomanyrequests: |429 Too Many Requests/m,
    category: 'registry',
    cause: "The registry's rate limit is used up.",
    fix: 'Log in before this step, which raises the limit, or run the job later.',
    weight: 'cause'
  },
  {
    id: 'reg-blob',
    operations: ['push'],
    stream: 'registry',
    pattern: /blob (?:upload )?(?:unknown|invalid)|BLOB_(?:UPLOAD_)?(?:UNKNOWN|INVALID)/m,
    category: 'registry',
    cause: 'The registry lost an upload that was under way.',
    fix: 'Run the job again.',
    weight: 'cause',
    remedy: 'retry'
  },
  {
    id: 'reg-net',
    operations: ['push'],
    stream: 'registry',
    pattern:
      /TLS handshake timeout|i\/o timeout|connection reset by peer|unexpected EOF|no such host|context deadline exceeded|Client\.Timeout exceeded|broken pipe|\b(?:ECONN(?:RESET|REFUSED)|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|UND_ERR_(?:SOCKET|\w+_TIMEOUT))\b/m,
    category: 'registry',
    cause: 'The connection to the registry broke, or was never made.',
    fix: 'Check the name of the registry in `tags`, and that the runner reaches it; then run the job again.',
    weight: 'cause'
  },
  {
    id: 'reg-tls',
    operations: ['push'],
    stream: 'registry',
    pattern:
      /x509: (.+)|tls: failed to verify certificate|http: server gave HTTP response to HTTPS client|\b(?:CERT_\w+|SELF_SIGNED_CERT\w*|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|ERR_TLS_CERT_ALTNAME_INVALID|ERR_SSL_\w+)\b/m,
    category: 'registry',
    cause: "The registry's certificate is not trusted, or it speaks plain HTTP.",
    fix: "Put the registry's certificate authority into /etc/docker/certs.d of the runner, or list the registry as insecure in the engine's configuration.",
    weight: 'cause',
    remedy: 'none'
  },
  {
    id: 'reg-5xx',
    operations: ['push'],
    stream: 'registry',
    pattern: /(?:unexpected (?:HTTP )?status.*|status code |: )50[0234]\b/m,
    category: 'registry',
    cause: 'The registry has a fault of its own.',
    fix: 'Run the job again later.',
    weight: 'cause'
  },
  {
    id: 'reg-commit',
    operations: ['push'],
    stream: 'registry',
    pattern: /failed commit on ref "(?:layer|manifest|config|index)-sha256:/m,
    category: 'registry',
    cause: 'The registry did not accept a part of the image.',
    fix: "Run the job again; if it stays, the registry's own log has the cause.",
    weight: 'cause'
  },
  {
    id: 'reg-name',
    operations: ['push'],
    stream: 'registry',
    pattern: /repository name must be lowercase|invalid reference format/m,
    category: 'input',
    cause: 'The name of the image is not one that registries take.',
    fix: 'Write the repository in `tags` in lower case.',
    weight: 'cause'
  },
  {
    id: 'reg-missing',
    operations: ['push'],
    stream: 'registry',
    pattern: /name unknown: |NAME_UNKNOWN|repository .* does not exist|RepositoryNotFoundException/m,
    category: 'registry',
    cause: 'The repository does not exist at the registry.',
    fix: 'Create it there first; some registries, such as Amazon ECR, do not do so at a push.',
    weight: 'cause'
  },
  {
    id: 'reg-immutable',
    operations: ['push'],
    stream: 'registry',
    pattern: /(?:tag invalid: The image tag .* already exists|immutable)/m,
    category: 'registry',
    cause: 'The tag exists already, and may not be moved.',
    fix: 'Use a new tag for each build.',
    weight: 'cause'
  },
  {
    id: 'reg-size',
    operations: ['push'],
    stream: 'registry',
    pattern: /413 Request Entity Too Large|quota exceeded|exceeds? .*(?:size|storage) limit/m,
    category: 'registry',
    cause: 'The registry, or a proxy in front of it, takes no layers of this size.',
    fix: 'Make the snapshot smaller with `java-options: -Xmx...`, or raise the limit.',
    weight: 'cause'
  }
]
