// Everything that can go wrong in front of a person: one catalogue, RFC 9457 documents. Codes are permanent.

interface Entry {
  status: number
  title: string
  /** What to do, when the place that throws knows nothing better. */
  hint: string
}

export const problems = {
  // the admin API
  'invalid-request': {
    status: 400,
    title: 'The request does not fit the description',
    hint: 'mend the fields that are named',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not valid JSON',
    hint: 'send a JSON object with `Content-Type: application/json`',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is not JSON',
    hint: 'send `Content-Type: application/json`',
  },
  'too-large': {status: 413, title: 'The body is too large', hint: 'send less, or in several calls'},
  'token-missing': {
    status: 401,
    title: 'A token is needed',
    hint: 'send `Authorization: Bearer <token>`; the command line does after `mcpx login`',
  },
  'token-invalid': {
    status: 401,
    title: 'The token is not known',
    hint: 'log in again with `mcpx login`; a lost admin token is replaced by `mcpx serve --reset-admin-token`',
  },
  'link-spent': {
    status: 410,
    title: 'The link works no more',
    hint: 'make another with `mcpx open`, or sign in with a token',
  },
  'login-unknown': {
    status: 404,
    title: 'There is no such login',
    hint: 'set CONSOLE_ADMINS beside GITHUB_CLIENT_ID or OIDC_ISSUER, or sign in with a token',
  },
  'login-unreachable': {
    status: 502,
    title: 'The login cannot be reached',
    hint: 'try again later, or sign in with a token',
  },
  'token-in-clear': {
    status: 403,
    title: 'A secret was sent over plain HTTP',
    hint: 'use HTTPS, or call from the machine itself over loopback; treat the secret as known to others and replace it',
  },
  'admin-only': {
    status: 403,
    title: 'Only the admin token may do this',
    hint: 'log in with the admin token, or ask who runs this mcpx',
  },
  'name-reserved': {status: 403, title: 'The name is reserved', hint: 'choose another name'},
  'target-forbidden': {
    status: 403,
    title: 'The target is reserved for admins',
    hint: 'private, link-local and control addresses need the admin token',
  },
  'not-found': {
    status: 404,
    title: 'There is no such record',
    hint: 'list what there is; a token that is not admin sees only what it owns',
  },
  'no-endpoint': {status: 404, title: 'There is no such endpoint', hint: 'see /docs for what the API has'},
  'method-not-allowed': {
    status: 405,
    title: 'The endpoint does not take this method',
    hint: 'see /docs for what the endpoint takes',
  },
  'already-exists': {
    status: 409,
    title: 'A record of this name exists',
    hint: 'choose another name, or update the one that exists',
  },
  'route-taken': {
    status: 409,
    title: 'Another route has this path and priority on the host',
    hint: 'give another priority or path',
  },
  'in-use': {status: 409, title: 'Other records need it', hint: 'change or delete those first'},
  'revision-mismatch': {
    status: 412,
    title: 'The record has changed in the meantime',
    hint: 'read it again and repeat the change',
  },
  'reference-unknown': {
    status: 422,
    title: 'It names a record that does not exist',
    hint: 'create that record first, or correct the name',
  },
  'documents-invalid': {
    status: 422,
    title: 'The documents cannot be applied; nothing was changed',
    hint: 'mend what is named, then try again; `mcpx validate -f FILE` changes nothing',
  },
  'backup-incomplete': {
    status: 422,
    title: 'The backup is not whole',
    hint: 'take another backup; this one was cut off or altered',
  },
  'pattern-invalid': {
    status: 422,
    title: 'The pattern cannot be used',
    hint: 'see docs/routes.md for the regular expressions that run in linear time',
  },
  'target-loops': {
    status: 422,
    title: 'The target is mcpx itself',
    hint: 'point at the service behind mcpx, not at mcpx',
  },
  'engine-unavailable': {
    status: 503,
    title: 'The container engine does not answer',
    hint: 'start Docker (`systemctl start docker`) or set DOCKER_HOST; everything but services works without it',
  },
  'engine-elsewhere': {
    status: 409,
    title: 'The service is on another engine',
    hint: 'call the replica whose engine it is; starting, stopping and deleting work from any',
  },
  'service-not-running': {
    status: 409,
    title: 'The service has no container',
    hint: 'see why with `mcpx service show NAME`, then `mcpx service start NAME`',
  },
  'service-down': {
    status: 503,
    title: 'The service does not run now',
    hint: 'see why with `mcpx service show NAME`, then `mcpx service start NAME`',
  },
  'service-failed': {
    status: 422,
    title: 'The service did not come up',
    hint: 'see its log with `mcpx service logs NAME`; correct it with `mcpx service update NAME`',
  },
  'image-forbidden': {
    status: 403,
    title: 'The image is not on the allow list',
    hint: 'choose an image that SERVICE_IMAGES allows, or ask who runs this mcpx',
  },
  'port-restricted': {
    status: 422,
    title: 'The port is kept for other programs',
    hint: 'choose another port, or leave it out to get a free one; see `mcpx port available`',
  },
  'port-taken': {
    status: 409,
    title: 'The port is taken',
    hint: 'choose another port, or leave it out to get a free one; see `mcpx port available`',
  },
  'port-unguardable': {
    status: 422,
    title: 'mcpx cannot listen on this port itself',
    hint: 'run mcpx on the machine of the engine, in a container with `network_mode: host`; or create a proxy for the service',
  },
  'port-token-missing': {
    status: 401,
    title: 'A port token is needed',
    hint: 'send `Authorization: Bearer pat_…` or `X-Port-Token`; in a browser, enter it on /.mcpx/visit',
  },
  'source-forbidden': {
    status: 403,
    title: 'This address may not use the port',
    hint: 'ask who runs the service to add it to `allowed_sources`',
  },
  'port-token-invalid': {
    status: 401,
    title: 'The port token does not open this port',
    hint: 'ask who runs the service for a new one: `mcpx port token create`',
  },
  'upload-invalid': {
    status: 400,
    title: 'The upload is not a tar archive',
    hint: 'send a tar archive as `application/x-tar`, as `tar -c .` makes it',
  },
  'upload-unknown': {
    status: 422,
    title: 'There is no such uploaded build context',
    hint: 'upload it again; an upload belongs to one replica and is kept for an hour',
  },
  'email-missing': {
    status: 422,
    title: 'The CA needs an e-mail address',
    hint: 'give `--email`, set one for the token (`mcpx token update NAME --cert-email`), or set ADMIN_EMAIL',
  },
  'acme-misconfigured': {
    status: 422,
    title: 'The settings do not allow this certificate',
    hint: 'see the ACME_* variables in docs/configuration.md',
  },
  'domain-unsuitable': {
    status: 422,
    title: 'No CA would give a certificate for this name',
    hint: 'use `--issuer internal` for local and private names',
  },
  'trust-failed': {
    status: 500,
    title: 'The certificate could not be put among the trusted ones',
    hint: 'run it with sudo, or save it with `mcpx cert ca show > mcpx-ca.pem` and add it by hand',
  },
  'certificate-invalid': {
    status: 422,
    title: 'The certificate cannot be used',
    hint: 'give the certificate first, then its chain, and the private key that belongs to it',
  },
  'certificate-imported': {
    status: 409,
    title: 'The certificate was imported',
    hint: 'import the new one under another name, attach it, then delete the old one',
  },
  'certificate-pending': {
    status: 409,
    title: 'The certificate is not there yet',
    hint: 'see how it goes: `mcpx cert status NAME --wait`',
  },
  'preflight-failed': {
    status: 422,
    title: 'The CA could not check the name',
    hint: 'point the name at this machine and open the port',
  },
  'ca-unreachable': {
    status: 502,
    title: 'The CA cannot be reached',
    hint: 'check the directory URL, the network and ACME_CA_BUNDLE; it is tried again',
  },
  'dns-provider-failed': {
    status: 502,
    title: 'The TXT record could not be set',
    hint: 'check the variables of ACME_DNS_PROVIDER',
  },
  'not-due': {
    status: 409,
    title: 'The certificate need not be renewed yet',
    hint: 'add `--force` to renew it all the same',
  },
  'not-staging': {
    status: 409,
    title: 'The certificate is not a staging one',
    hint: 'nothing to do: only staging certificates are promoted',
  },
  'store-unavailable': {
    status: 503,
    title: 'Redis does not answer',
    hint: 'proxied requests go on; changes work again when Redis is back',
  },
  'demo-failed': {
    status: 502,
    title: 'The demo servers did not come up',
    hint: 'the log of mcpx says what the demo servers said; `mcpx demo --remove` starts over',
  },
  'backend-protects': {
    status: 409,
    title: 'The MCP server has its own OAuth',
    hint: 'give `override_backend` to put mcpx in front of it all the same, or `public` to leave it to the server',
  },
  'rotation-refused': {
    status: 409,
    title: 'The signing key cannot be replaced now',
    hint: 'somebody else replaced it just now; see `mcpx oauth key list`',
  },
  internal: {
    status: 500,
    title: 'mcpx made a mistake',
    hint: 'the log has the details under this request id; please report it',
  },
  // the command line
  usage: {
    status: 400,
    title: 'The command line is not right',
    hint: 'see what a command takes: `mcpx COMMAND --help`',
  },
  'confirmation-needed': {
    status: 400,
    title: 'This needs a confirmation',
    hint: 'run it in a terminal, or give `--yes`',
  },
  'context-unknown': {
    status: 404,
    title: 'There is no such context',
    hint: 'list what there is: `mcpx context list`',
  },
  'backup-unreadable': {
    status: 400,
    title: 'The backup cannot be read',
    hint: 'check the file and the passphrase it was made with',
  },
  'server-unreachable': {
    status: 503,
    title: 'The mcpx server does not answer',
    hint: 'start one with `mcpx serve`, or say where it runs, e.g. `--url http://localhost:8080`',
  },
  'server-unexpected': {
    status: 502,
    title: 'The answer does not come from mcpx',
    hint: 'check the URL: `mcpx context list`',
  },
  'demo-unverified': {
    status: 502,
    title: 'A demo server does not answer as it should',
    hint: 'see what happened: `mcpx logs`',
  },
  // the gateway
  'host-unknown': {
    status: 421,
    title: 'mcpx does not answer for this host',
    hint: 'create a proxy for it: `mcpx proxy create HOST URL`',
  },
  'host-disabled': {
    status: 503,
    title: 'The proxy of this host is switched off',
    hint: 'switch it on: `mcpx proxy enable HOST`',
  },
  'origin-forbidden': {
    status: 403,
    title: 'The Origin of this request is not allowed here',
    hint: 'call from the same origin, or allow it on the proxy (`allowed_origins`)',
  },
  'login-required': {
    status: 401,
    title: 'This needs a login',
    hint: 'send `Authorization: Bearer <access token>`; the WWW-Authenticate header says where to get one',
  },
  'login-redirect': {
    status: 303,
    title: 'The browser is sent to the login page',
    hint: 'follow the Location',
  },
  'login-malformed': {
    status: 400,
    title: 'The credentials cannot be read',
    hint: 'send one `Authorization: Bearer <access token>`, and the token nowhere else',
  },
  'access-token-invalid': {
    status: 401,
    title: 'The access token does not hold here',
    hint: 'get a new one from the authorization server named in WWW-Authenticate',
  },
  'scope-insufficient': {
    status: 403,
    title: 'The access token lacks a scope',
    hint: 'authorize again with the scopes named in WWW-Authenticate',
  },
  'access-denied': {
    status: 403,
    title: 'This account may not use this',
    hint: 'ask who runs this mcpx to put the account on the allow list of the proxy',
  },
  'session-foreign': {
    status: 404,
    title: 'The MCP session belongs to somebody else',
    hint: 'initialize again',
  },
  'host-misdirected': {
    status: 421,
    title: 'The connection was opened for another host',
    hint: 'open a new connection with the server name of this host',
  },
  'no-route': {
    status: 404,
    title: 'No route of this host fits the request',
    hint: 'see which there are: `mcpx route list`',
  },
  'bad-request': {
    status: 400,
    title: 'The request is not valid HTTP for a proxy',
    hint: 'send well-formed HTTP/1.1 (RFC 9112)',
  },
  'uri-too-long': {
    status: 414,
    title: 'The URL is too long',
    hint: 'the request line and headers may be 64 KiB together',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    hint: 'the request line and headers may be 64 KiB together',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    hint: 'send the whole request without long pauses',
  },
  'loop-detected': {
    status: 508,
    title: 'The request came back to mcpx',
    hint: 'a target points at mcpx itself; see `mcpx route list` and `mcpx proxy show HOST`',
  },
  'upstream-unknown': {
    status: 502,
    title: 'The target of the route is gone',
    hint: 'see `mcpx route show ID`',
  },
  'upstream-unreachable': {
    status: 502,
    title: 'The upstream cannot be reached',
    hint: 'check that it runs and that the target URL is right',
  },
  'upstream-invalid': {
    status: 502,
    title: 'The upstream did not speak valid HTTP',
    hint: 'check that the target URL names an HTTP service and has the right scheme',
  },
  'upstream-aborted': {
    status: 502,
    title: 'The upstream closed the connection before it answered',
    hint: 'look at the log of the upstream; it may have crashed or be restarting',
  },
  'upstream-timeout': {
    status: 504,
    title: 'The upstream did not answer in time',
    hint: 'check the upstream, or raise PROXY_REQUEST_TIMEOUT',
  },
  'session-unknown': {status: 404, title: 'The MCP session is not known here', hint: 'initialize again'},
  'not-ready': {status: 503, title: 'mcpx is still starting', hint: 'try again in a second'},
  'https-required': {
    status: 403,
    title: 'This host answers over HTTPS only',
    hint: 'use https://, or enable HTTP on the proxy',
  },
  // mcpx serve
  'configuration-invalid': {
    status: 500,
    title: 'The configuration has errors',
    hint: 'correct the variables in the environment or in ./.env; docs/configuration.md has them all',
  },
  'data-directory-in-use': {
    status: 500,
    title: 'Another mcpx runs on this data directory',
    hint: 'stop it first, or give this one its own with MCPX_DATA_DIR (and another HTTP_PORT)',
  },
  'data-directory-unfit': {
    status: 500,
    title: 'The data directory cannot be used',
    hint: 'give another one with MCPX_DATA_DIR',
  },
  'port-unavailable': {
    status: 500,
    title: 'A public port cannot be bound',
    hint: 'choose another port with HTTP_PORT',
  },
  'redis-missing': {
    status: 500,
    title: 'There is no Redis',
    hint: 'install one: `apt-get install redis-server` (Debian, Ubuntu), `brew install redis` (macOS), `dnf install valkey` (Fedora); or set REDIS_URL to one that runs',
  },
  'redis-unfit': {
    status: 500,
    title: 'This Redis cannot hold the state of mcpx',
    hint: 'name another one with REDIS_URL, or leave it out for a private Redis',
  },
  'start-failed': {status: 500, title: 'mcpx could not start', hint: 'the log above has the details'},
} as const satisfies Record<string, Entry>

export type ProblemCode = keyof typeof problems

/** One invalid field of a request. */
export interface FieldError {
  /** Dotted path of the field, e.g. `auth.mode`. */
  field: string
  reason: string
  remedy?: string
}

/** RFC 9457 problem details with our members `code`, `hint`, `errors`, `request_id`. */
export interface ProblemDocument {
  type: string
  title: string
  status: number
  detail: string
  code: ProblemCode
  hint: string
  errors?: FieldError[]
  request_id?: string
}

export interface ProblemExtras {
  hint?: string
  errors?: FieldError[]
  /** For the log only, never for the client. */
  cause?: unknown
  headers?: Record<string, string>
}

export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly hint: string
  readonly errors: FieldError[] | undefined
  /** Response headers that belong to it, e.g. `WWW-Authenticate`. */
  readonly headers: Record<string, string>

  /** `detail` says what happened and why, naming the value at fault. */
  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(detail, extras.cause === undefined ? undefined : {cause: extras.cause})
    const entry: Entry = problems[code]
    this.name = 'Problem'
    this.code = code
    this.status = entry.status
    this.hint = extras.hint ?? entry.hint
    this.errors = extras.errors
    this.headers = extras.headers ?? {}
  }

  document(requestId?: string): ProblemDocument {
    return {
      type: `urn:mcpx:problem:${this.code}`,
      title: problems[this.code].title,
      status: this.status,
      detail: this.message,
      code: this.code,
      hint: this.hint,
      ...(this.errors && {errors: this.errors}),
      ...(requestId !== undefined && {request_id: requestId}),
    }
  }
}

/** A problem about one field of the request. */
export function fieldProblem(code: ProblemCode, field: string, reason: string, remedy?: string): Problem {
  return new Problem(code, `${field}: ${reason}`, {
    errors: [{field, reason, ...(remedy !== undefined && {remedy})}],
    ...(remedy !== undefined && {hint: remedy}),
  })
}

export const isProblemCode = (code: string): code is ProblemCode => code in problems
