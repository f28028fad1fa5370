import { signatures } from '../signature.js'

/** Lines of registries at a push. */
export const registry = signatures({ operations: ['push'], stream: 'registry' }, [
  {
    id: 'reg-write-package',
    pattern: /denied: permission_denied: write_package/m,
    category: 'registry',
    cause: 'The token is not allowed to write to this package.',
    fix: 'Give the job `permissions: packages: write`, and give the repository write access in the settings of the package.'
  },
  {
    id: 'reg-denied',
    pattern:
      /denied: (?:installation not allowed|requested access to the resource is denied|permission_denied|.{0,300}does not exist)/m,
    category: 'registry',
    cause: 'The registry denied access.',
    fix: 'Run docker/login-action before this step, with a token that is allowed to write to this repository. For ghcr.io and `github.token`, give the job `permissions: packages: write`. Check the name of the repository in `tags`.'
  },
  {
    id: 'reg-unauthorized',
    pattern: /unauthorized: |401 Unauthorized|no basic auth credentials/m,
    category: 'registry',
    cause: 'The registry did not accept the login, or there was none.',
    fix: 'Run docker/login-action before this step, for the registry in `tags`, with a valid user name and password or token. Some tokens expire within minutes: log in directly before this step.'
  },
  {
    id: 'reg-403',
    pattern: /403 \(?Forbidden/m,
    category: 'registry',
    cause: 'The registry forbids the request.',
    fix: 'Check the permissions of the token on this repository. If they are correct, run the job again.'
  },
  {
    id: 'reg-429',
    pattern: /toomanyrequests: |429 Too Many Requests/m,
    category: 'registry',
    cause: 'The rate limit of the registry is exceeded.',
    fix: 'Log in before this step, which raises the limit, or run the job later.'
  },
  {
    id: 'reg-blob',
    pattern: /blob (?:upload )?(?:unknown|invalid)|BLOB_(?:UPLOAD_)?(?:UNKNOWN|INVALID)/m,
    category: 'registry',
    cause: 'The registry lost an upload that was in progress.',
    fix: 'Run the job again.',
    remedy: 'retry'
  },
  {
    id: 'reg-net',
    pattern:
      /TLS handshake timeout|i\/o timeout|connection reset by peer|unexpected EOF|no such host|context deadline exceeded|Client\.Timeout exceeded|broken pipe|\b(?:ECONN(?:RESET|REFUSED)|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|UND_ERR_(?:SOCKET|\w+_TIMEOUT))\b/m,
    category: 'registry',
    cause: 'The connection to the registry failed or was interrupted.',
    fix: 'Check the name of the registry in `tags`, and that the runner can reach it. Then run the job again.'
  },
  {
    id: 'reg-tls',
    pattern:
      /x509: (.+)|tls: failed to verify certificate|http: server gave HTTP response to HTTPS client|\b(?:CERT_\w+|SELF_SIGNED_CERT\w*|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|ERR_TLS_CERT_ALTNAME_INVALID|ERR_SSL_\w+)\b/m,
    category: 'registry',
    cause: 'The certificate of the registry is not trusted, or the registry uses plain HTTP.',
    fix: 'Add the certificate authority of the registry to /etc/docker/certs.d on the runner, or list the registry as insecure in the configuration of the Docker engine.',
    remedy: 'none'
  },
  {
    id: 'reg-5xx',
    pattern: /(?:unexpected (?:HTTP )?status.{0,300}|status code |: )50[0234]\b/m,
    category: 'registry',
    cause: 'The registry had an internal error.',
    fix: 'Run the job again later.'
  },
  {
    id: 'reg-commit',
    pattern: /failed commit on ref "(?:layer|manifest|config|index)-sha256:/m,
    category: 'registry',
    cause: 'The registry did not accept a part of the image.',
    fix: 'Run the job again. If it fails again, read the log of the registry.'
  },
  {
    id: 'reg-name',
    pattern: /repository name must be lowercase|invalid reference format/m,
    category: 'input',
    cause: 'The name of the image is not valid.',
    fix: 'Write the repository in `tags` in lower case.'
  },
  {
    id: 'reg-missing',
    pattern: /name unknown: |NAME_UNKNOWN|repository .{0,300} does not exist|RepositoryNotFoundException/m,
    category: 'registry',
    cause: 'The repository does not exist in the registry.',
    fix: 'Create it first. Some registries, such as Amazon ECR, do not create it at a push.'
  },
  {
    id: 'reg-immutable',
    pattern: /(?:tag invalid: The image tag .{0,300} already exists|immutable)/m,
    category: 'registry',
    cause: 'The tag already exists, and the registry does not allow it to move.',
    fix: 'Use a new tag for each build.'
  },
  {
    id: 'reg-size',
    pattern: /413 Request Entity Too Large|quota exceeded|exceeds? .{0,300}(?:size|storage) limit/m,
    category: 'registry',
    cause: 'The registry, or a proxy in front of it, does not accept layers of this size.',
    fix: 'Make the snapshot smaller with `java-options: -Xmx...`, or raise the limit.'
  }
])
