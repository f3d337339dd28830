// certificate: a TLS certificate for a set of domains, with its issuer, key, expiry, status and owner.
import Type, {type Static} from 'typebox'
import {model, type RecordOf} from '../model.ts'
import {operation, page, paging} from '../operation.ts'
import type {ProblemCode} from '../problem.ts'
import {domainName} from './fields.ts'

export const issuers = ['acme', 'internal', 'imported'] as const
export const challenges = ['http-01', 'tls-alpn-01', 'dns-01'] as const
/** What issuing goes through, in order. */
export const steps = [
  'queued',
  'preflight',
  'account',
  'order',
  'challenge',
  'validation',
  'issue',
  'done',
] as const

const certName = Type.String({
  pattern: '^[A-Za-z0-9*][A-Za-z0-9._-]{0,252}$',
  description: 'name of the certificate, e.g. `api` or `api.example.com`',
})
const domains = Type.Array(domainName('a domain; `*.` in front is a wildcard'), {
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  description:
    'names it is for, at most 100, lower case, international ones as `xn--…`; `*.example.com` is a wildcard',
})
const email = Type.String({
  format: 'email',
  maxLength: 320,
  description: 'e-mail address the CA may write to; default that of the token, else ADMIN_EMAIL',
})
const directory = Type.String({
  maxLength: 2048,
  pattern: '^https://[^\\s/?#@]+(?:/[^\\s?#]*)?$',
  description: 'ACME directory of the CA; default ACME_DIRECTORY_URL',
})
const challenge = Type.Enum([...challenges], {
  description: 'how the CA checks the names; default ACME_CHALLENGE, wildcards always dns-01',
})
const profile = Type.String({
  pattern: '^[A-Za-z0-9._-]{1,64}$',
  description: 'certificate profile of the CA, e.g. `shortlived`',
})

/** RFC 7807 document of the CA, word for word. */
const caProblem = Type.Record(Type.String(), Type.Unknown(), {
  description: "the CA's problem document, word for word",
})

export const generation = Type.Object(
  {
    state: Type.Enum(['accepted', 'in_progress', 'completed', 'failed'], {
      description: 'how the last issuing went, or goes',
    }),
    step: Type.Enum([...steps], {description: 'what is being done, or was when it failed'}),
    detail: Type.String({description: 'the step in words'}),
    attempts: Type.Integer({description: 'failures in a row'}),
    started_at: Type.String({format: 'date-time', description: 'when this issuing began'}),
    problem: Type.Optional(caProblem),
    remedy: Type.Optional(Type.String({description: 'what to do about the problem'})),
    next_try_at: Type.Optional(Type.String({format: 'date-time', description: 'when it is tried again'})),
    order_url: Type.Optional(Type.String({description: 'the order at the CA'})),
  },
  {$id: 'Generation'},
)
export type Generation = Static<typeof generation>

export const renewal = Type.Object(
  {
    at: Type.String({format: 'date-time', description: 'when it is renewed'}),
    source: Type.Enum(['ari', 'lifetime'], {
      description: "from the CA's renewal information (RFC 9773), or from the lifetime",
    }),
    explanation_url: Type.Optional(Type.String({description: 'why the CA wants it then'})),
    check_at: Type.Optional(Type.String({format: 'date-time', description: 'when the CA is asked again'})),
  },
  {$id: 'Renewal'},
)
export type Renewal = Static<typeof renewal>

export const certificate = model('Certificate', 'A TLS certificate for a set of domains.', {
  key: {cert_name: certName},
  required: {
    domains,
    issuer: Type.Enum([...issuers], {
      description: 'who issues it: a CA by ACME, the CA of this mcpx (internal), or somebody else (imported)',
    }),
  },
  defaulted: {
    staging: Type.Boolean({default: false, description: 'from the staging CA, which browsers do not trust'}),
  },
  optional: {email, acme_directory_url: directory, challenge, profile},
  assigned: {
    status: Type.Enum(['pending', 'active', 'failed', 'expired'], {
      description: 'active: served; pending and failed: there is none yet',
    }),
    created_by: Type.String({description: 'name of the token that asked for it'}),
    generation,
    issued_at: Type.Optional(Type.String({format: 'date-time', description: 'valid from'})),
    expires_at: Type.Optional(Type.String({format: 'date-time', description: 'valid until'})),
    fingerprint: Type.Optional(
      Type.String({description: '`sha256:` and the hash of the certificate in hex'}),
    ),
    serial: Type.Optional(Type.String({description: 'serial number in hex'})),
    issued_by: Type.Optional(Type.String({description: 'name of the CA certificate that signed it'})),
    fullchain_pem: Type.Optional(Type.String({description: 'the certificate and its chain in PEM'})),
    renewal: Type.Optional(renewal),
  },
})
export type Certificate = RecordOf<typeof certificate>

/** What may be said about how a certificate is to be had. */
export const certificateOrder = {
  email: Type.Optional(email),
  acme_directory_url: Type.Optional(directory),
  staging: Type.Optional(
    Type.Boolean({default: false, description: 'ask the staging CA; browsers do not trust its certificates'}),
  ),
  issuer: Type.Optional(
    Type.Enum(['acme', 'internal'], {
      description: 'a CA by ACME, or the CA of this mcpx; default by name: local and private names internal',
    }),
  ),
  challenge: Type.Optional(challenge),
  profile: Type.Optional(profile),
}

const params = Type.Object({cert_name: Type.String({description: 'name of the certificate'})})

export const coverage = Type.Object(
  {
    hostname: Type.String({description: 'hostname of a proxy'}),
    cert_name: Type.Optional(Type.String({description: 'certificate it is served with'})),
    status: Type.Enum(['covered', 'pending', 'failed', 'expired', 'none'], {
      description: 'whether it is served with a valid certificate of its own',
    }),
    expires_at: Type.Optional(Type.String({format: 'date-time', description: 'valid until'})),
    detail: Type.Optional(Type.String({description: 'why there is none'})),
    remedy: Type.Optional(Type.String({description: 'how to get one'})),
  },
  {$id: 'Coverage'},
)
export type Coverage = Static<typeof coverage>

/** What an order may be refused with. */
const orderProblems: ProblemCode[] = [
  'already-exists',
  'name-reserved',
  'target-forbidden',
  'email-missing',
  'acme-misconfigured',
  'domain-unsuitable',
]

export const certificateOperations = {
  create: operation('cert.create', 'POST /certificates', {
    summary: 'Ask for a certificate; it is issued in the background',
    access: 'token',
    body: Type.Object(
      {
        cert_name: certName,
        domains: Type.Optional(domains),
        domain: Type.Optional(
          domainName(
            'a domain it is for, as `domains` in short, lower case, international ones as `xn--…`; e.g. `api.example.com`, `*.example.com`',
          ),
        ),
        wildcard: Type.Optional(
          Type.Boolean({default: false, description: 'for each name also every name one level below it'}),
        ),
        ...certificateOrder,
      },
      {additionalProperties: false, $id: 'CertificateCreate'},
    ),
    status: 202,
    result: certificate.record,
    problems: orderProblems,
  }),
  multiDomain: operation('cert.multi-domain', 'POST /certificates/multi-domain', {
    summary: 'Ask for one certificate for several names',
    access: 'token',
    body: Type.Object(
      {cert_name: certName, domains, ...certificateOrder},
      {additionalProperties: false, $id: 'CertificateMultiDomain'},
    ),
    status: 202,
    result: certificate.record,
    problems: orderProblems,
  }),
  list: operation('cert.list', 'GET /certificates', {
    summary: 'List certificates',
    access: 'token',
    query: Type.Object(paging),
    result: page(certificate.record),
  }),
  coverage: operation('cert.coverage', 'GET /certificates/coverage', {
    summary: 'Show which certificate each proxy is served with',
    access: 'token',
    query: Type.Object(paging),
    result: page(coverage),
  }),
  ca: operation('cert.ca.show', 'GET /certificates/ca', {
    summary: 'Show the CA of this mcpx, which signs local and private names',
    access: 'token',
    result: Type.Object(
      {
        certificate_pem: Type.String({description: 'the root certificate in PEM'}),
        fingerprint: Type.String({description: '`sha256:` and its hash in hex'}),
        expires_at: Type.String({format: 'date-time', description: 'valid until'}),
      },
      {$id: 'LocalCa'},
    ),
  }),
  import: operation('cert.import', 'POST /certificates/import', {
    summary: 'Bring a certificate of your own, with its key',
    access: 'token',
    body: Type.Object(
      {
        cert_name: certName,
        fullchain_pem: Type.String({
          maxLength: 200_000,
          description: 'the certificate and its chain in PEM, leaf first',
        }),
        private_key_pem: Type.String({
          maxLength: 50_000,
          description: 'its private key in PEM, not encrypted',
        }),
      },
      {additionalProperties: false, $id: 'CertificateImport'},
    ),
    status: 201,
    result: certificate.record,
    problems: ['already-exists', 'name-reserved', 'certificate-invalid'],
  }),
  show: operation('cert.show', 'GET /certificates/{cert_name}', {
    summary: 'Show a certificate (never its private key)',
    access: 'token',
    params,
    result: certificate.record,
    problems: ['not-found'],
  }),
  status: operation('cert.status', 'GET /certificates/{cert_name}/status', {
    summary: 'Tell how issuing goes',
    access: 'token',
    params,
    query: Type.Object({
      wait: Type.Optional(
        Type.Boolean({default: false, description: 'answer once something changes, or after 30 seconds'}),
      ),
      since: Type.Optional(Type.Integer({description: 'wait for a revision above this one'})),
    }),
    result: certificate.record,
    problems: ['not-found'],
  }),
  renew: operation('cert.renew', 'POST /certificates/{cert_name}/renew', {
    summary: 'Renew a certificate now; the old one serves until the new one is there',
    access: 'token',
    params,
    query: Type.Object({
      force: Type.Optional(
        Type.Boolean({default: false, description: 'although it is not due, or was tried a moment ago'}),
      ),
    }),
    status: 202,
    result: certificate.record,
    problems: ['not-found', 'not-due', 'certificate-imported'],
  }),
  promote: operation('cert.promote', 'POST /certificates/{cert_name}/convert-to-production', {
    summary: 'Replace a staging certificate by one of the production CA',
    access: 'token',
    params,
    status: 202,
    result: certificate.record,
    problems: ['not-found', 'not-staging', 'acme-misconfigured'],
  }),
  export: operation('cert.export', 'POST /certificates/{cert_name}/export', {
    summary: 'Hand out a certificate with its private key',
    access: 'admin',
    params,
    result: Type.Object(
      {
        cert_name: Type.String({description: 'name of the certificate'}),
        fullchain_pem: Type.String({description: 'the certificate and its chain in PEM'}),
        private_key_pem: Type.String({description: 'the private key in PEM: keep it secret'}),
      },
      {$id: 'CertificateExport'},
    ),
    problems: ['not-found', 'certificate-pending'],
  }),
  delete: operation('cert.delete', 'DELETE /certificates/{cert_name}', {
    summary: 'Delete a certificate that no proxy uses',
    access: 'token',
    params,
    problems: ['not-found', 'in-use', 'revision-mismatch'],
  }),
}
