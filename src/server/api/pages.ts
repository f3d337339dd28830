// What the console host serves beside the API and the web UI: Swagger UI, OpenAPI document, metrics, probes.
import {timingSafeEqual} from 'node:crypto'
import {existsSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import fastifyStatic from '@fastify/static'
import type {FastifyInstance, FastifyReply, FastifyRequest} from 'fastify'
import {crlPath} from '../../core/certificates.ts'
import {Problem} from '../../core/problem.ts'
import {secretHash} from '../../core/store/seal.ts'
import {authenticate} from './authenticate.ts'
import type {Parts} from './call.ts'
import {swaggerPage, swaggerStart} from './html.ts'
import {openApi} from './openapi.ts'
import {originOf} from './own-origin.ts'
import {examine} from './system.ts'

const policy =
  "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Where the Swagger UI files lie: copied beside this module by the build, in node_modules of a checkout. */
function swaggerFiles(): string | undefined {
  const built = join(dirname(fileURLToPath(import.meta.url)), 'swagger-ui')
  if (existsSync(built)) return built
  try {
    return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  } catch {
    return undefined
  }
}

const sendHtml = (reply: FastifyReply, html: string): FastifyReply =>
  reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-cache')
    .send(html)

export function addPages(app: FastifyInstance, parts: Parts): void {
  app.get('/openapi.json', async (request, reply) =>
    reply.header('cache-control', 'no-cache').send(openApi(parts.version, originOf(request))),
  )

  app.get('/health/live', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({status: 'ok'}),
  )
  app.get('/health/ready', async (_request, reply) => {
    const health = await examine(parts)
    const ready = health.checks['redis']?.ok && health.status !== 'starting'
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(health)
  })
  app.get('/metrics', async (request, reply) => {
    if (!isMetricsToken(parts, request)) {
      const caller = await authenticate(parts, request)
      if (!caller.admin)
        throw new Problem('admin-only', 'The metrics cover every proxy', {
          hint: 'use the admin token or METRICS_TOKEN',
        })
    }
    return reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(parts.telemetry.exposition(Math.floor(process.uptime())) + expiries(parts))
  })
  app.get<{Params: {token: string}}>('/.well-known/acme-challenge/:token', async (request, reply) => {
    const answer = await parts.certificates.challenge(request.params.token)
    if (answer === undefined) throw new Problem('not-found', 'No order at a CA waits for this token')
    return reply.type('application/octet-stream').header('cache-control', 'no-store').send(answer)
  })
  app.get(crlPath, async (_request, reply) =>
    reply
      .type('application/pkix-crl')
      .header('cache-control', 'max-age=86400')
      .send(await parts.certificates.localCrl()),
  )
  addSwagger(app)
}

/** Seconds until each certificate ends; below 0 when it has. */
function expiries({certificates}: Parts): string {
  const lines = [
    '# HELP mcpx_certificate_expiry_seconds Seconds until the certificate ends.',
    '# TYPE mcpx_certificate_expiry_seconds gauge',
    '# HELP mcpx_certificate_failing Whether the last try to get or renew the certificate failed.',
    '# TYPE mcpx_certificate_failing gauge',
  ]
  for (const {cert_name, expires_at, failure} of certificates.health()) {
    const name = `{cert_name="${cert_name}"}`
    if (expires_at !== undefined) {
      const seconds = Math.round((Date.parse(expires_at) - Date.now()) / 1000)
      lines.push(`mcpx_certificate_expiry_seconds${name} ${seconds}`)
    }
    lines.push(`mcpx_certificate_failing${name} ${failure === undefined ? 0 : 1}`)
  }
  return `${lines.join('\n')}\n`
}

function isMetricsToken({config}: Parts, request: FastifyRequest): boolean {
  const expected = config.METRICS_TOKEN
  if (expected === undefined) return false
  const given = (request.headers.authorization ?? '').replace(/^bearer +/i, '')
  return timingSafeEqual(Buffer.from(secretHash(given)), Buffer.from(secretHash(expected)))
}

function addSwagger(app: FastifyInstance): void {
  const root = swaggerFiles()
  if (root === undefined) {
    app.get('/docs', async () => {
      throw new Problem('no-endpoint', 'Swagger UI is not part of this build', {
        hint: 'the API is described at /openapi.json',
      })
    })
    return
  }
  app.get('/docs', async (_request, reply) => sendHtml(reply, swaggerPage))
  app.get('/docs/start.js', async (_request, reply) => reply.type('text/javascript').send(swaggerStart))
  void app.register(fastifyStatic, {
    root,
    prefix: '/docs/',
    index: false,
    decorateReply: false,
    allowedPath: path => /^\/swagger-ui(-bundle)?\.(css|js)$/.test(path),
  })
}
