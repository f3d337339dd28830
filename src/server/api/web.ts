// The web UI: its files, and signing in and out of it.
import {existsSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import fastifyStatic from '@fastify/static'
import type {FastifyInstance} from 'fastify'
import {Problem} from '../../core/problem.ts'
import {makeSecret} from '../../core/store/seal.ts'
import {authenticate, stillKnown, tokenOf} from './authenticate.ts'
import type {Parts} from './call.ts'
import {
  originOf,
  readCookie,
  requirePrivacy,
  requireSameOrigin,
  sessionCookie,
  setCookie,
} from './own-origin.ts'

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** Where Vite put it: beside the compiled server, or in dist/ of a checkout whose sources run as they are. */
const folder = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dist/src/web/' : '../../web/', import.meta.url),
)

export function addWeb(app: FastifyInstance, parts: Parts): void {
  addFiles(app)
  addSignIn(app, parts)
  addLogins(app, parts)
}

/** `/` and every address under `/console` is the same page, which shows what its address says. */
function addFiles(app: FastifyInstance): void {
  const file = `${folder}index.html`
  const page = existsSync(file) ? readFileSync(file) : undefined
  for (const path of ['/', '/console', '/console/*']) {
    app.get(path, async (_request, reply) => {
      if (!page)
        throw new Problem('no-endpoint', 'The web UI is not part of this build', {
          hint: 'build it with `npm run build`; the API is described at /docs',
        })
      return reply
        .headers(headers)
        .header('cache-control', 'no-cache')
        .type('text/html; charset=utf-8')
        .send(page)
    })
  }
  if (!page) return
  void app.register(fastifyStatic, {
    root: `${folder}assets`,
    prefix: '/console/assets/',
    index: false,
    decorateReply: false,
    preCompressed: true,
    immutable: true,
    maxAge: '365d',
    setHeaders: reply => void reply.header('x-content-type-options', 'nosniff'),
  })
}

function addSignIn(app: FastifyInstance, parts: Parts): void {
  const sessions = parts.consoleSessions
  // Without a list only admins run images.
  const hasImages = parts.config.SERVICE_IMAGES.length > 0
  app.post('/.mcpx/session', async (request, reply) => {
    requireSameOrigin(request)
    requirePrivacy(request)
    const {token, link} = (request.body ?? {}) as {token?: unknown; link?: unknown}
    const {name, hash, admin, person} =
      typeof link === 'string'
        ? await byLink(parts, link, readCookie(request, 'mcpx-sign-in'))
        : {...(await tokenOf(parts, String(token ?? ''))), person: undefined}
    const {id, proof, seconds} = await sessions.open({name, hash, person})
    return reply
      .code(201)
      .header('cache-control', 'no-store')
      .header('set-cookie', [
        setCookie(request, 'mcpx', id, seconds),
        ...(person ? [setCookie(request, 'mcpx-sign-in', '', 0)] : []),
      ])
      .send({name, admin, services: admin || hasImages, proof, person: person?.username})
  })
  app.delete('/.mcpx/session', async (request, reply) => {
    const caller = await authenticate(parts, request)
    const everywhere = (request.query as {everywhere?: string}).everywhere === 'true'
    if (everywhere) await sessions.closeAll(caller)
    else await sessions.close(sessionCookie(request) ?? '')
    return reply
      .code(204)
      .header('set-cookie', setCookie(request, 'mcpx', '', 0))
      .send()
  })
}

/** Seconds a login elsewhere may take. */
const loginLifetime = 300

/** Which logins lead into the web UI, and the way to one. */
function addLogins(app: FastifyInstance, {consoleLogins}: Parts): void {
  app.get('/.mcpx/logins', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(consoleLogins.ways),
  )
  app.post('/.mcpx/logins', async (request, reply) => {
    requireSameOrigin(request)
    requirePrivacy(request)
    const {way} = (request.body ?? {}) as {way?: unknown}
    const browser = makeSecret('mcb_')
    const url = await consoleLogins.begin(String(way), {origin: originOf(request), browser})
    return reply
      .header('cache-control', 'no-store')
      .header('set-cookie', setCookie(request, 'mcpx-sign-in', browser, loginLifetime))
      .send({url: url.href})
  })
}

async function byLink(parts: Parts, link: string, browser: string | undefined) {
  const signedIn = await parts.consoleSessions.useLink(link, browser)
  const record = signedIn && (await stillKnown(parts, signedIn))
  if (record) return {...record, person: signedIn.person}
  throw new Problem('link-spent', 'This link was used already, or is older than a minute')
}
