// The pages people see at a login: plain HTML without script.
import {escape, page} from '../../core/page.ts'

/** `targets` are where a form may lead in the end: browsers hold redirects after a form to `form-action`. */
export function pageHeaders(targets: readonly string[] = []): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action ${["'self'", ...targets].join(' ')}`,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // With `no-referrer` browsers send our own forms with `Origin: null`.
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  }
}

/** A name that a client chose, without what would turn or hide the text around it. */
export function plainName(text: string): string {
  const plain = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain
}

/** Where a form that ends at this redirect URI may lead, for `form-action`. */
export function formTarget(redirectUri: string): string {
  const url = new URL(redirectUri)
  return /^https?:$/.test(url.protocol) ? url.origin : url.protocol
}

export interface Asker {
  /** Name of the client, which it chose itself. */
  name: string
  redirectUri: string
  resource?: {name?: string | undefined; uri: string} | undefined
}

export interface LoginView {
  asker: Asker
  uid: string
  csrf: string
  github: boolean
  /** What the OpenID Connect provider is called. */
  oidc: string | undefined
  token: boolean
  error?: string | undefined
}

export function loginPage(view: LoginView): string {
  const {asker, uid, csrf, error} = view
  const hidden = `<input type="hidden" name="csrf" value="${escape(csrf)}">`
  const form = (method: string, inner: string): string =>
    `<form method="post" action="/interaction/${escape(uid)}/login">${hidden}<input type="hidden" name="method" value="${method}">${inner}</form>`
  const ways: string[] = []
  if (view.github) ways.push(form('github', '<button class="main">Continue with GitHub</button>'))
  if (view.oidc !== undefined)
    ways.push(form('oidc', `<button class="main">Continue with ${escape(view.oidc)}</button>`))
  if (view.token) ways.push(tokenForm(form, ways.length > 0, error !== undefined))
  if (ways.length === 0) {
    ways.push(
      '<p class="note" role="alert">No login is set up here. Whoever runs this mcpx has to set <code>GITHUB_CLIENT_ID</code> or <code>OIDC_ISSUER</code>.</p>',
    )
  }
  return page(
    'Log in · mcpx',
    `<h1>Log in to continue</h1>
<p class="dim"><strong>${escape(asker.name)}</strong> wants to use ${asker.resource ? `<strong>${escape(asker.resource.name ?? asker.resource.uri)}</strong>` : 'this server'}. It will bring you back to <strong>${escape(placeOf(asker.redirectUri))}</strong>.</p>
${error === undefined ? '' : `<p class="bad" role="alert" id="error">${escape(error)}</p>`}
${ways.join('\n')}`,
  )
}

function tokenForm(
  form: (method: string, inner: string) => string,
  others: boolean,
  failed: boolean,
): string {
  const described = failed ? ' aria-invalid="true" aria-describedby="error"' : ''
  return `${others ? '<p class="or">or</p>' : ''}${form(
    'token',
    `<label for="token">Admin token</label><input id="token" name="token" type="password" autocomplete="current-password" required${described}><button${others ? '' : ' class="main"'}>Log in with the admin token</button>`,
  )}<p class="dim" style="margin:.75rem 0 0">Only on this machine: at its first start <code>mcpx serve</code> said where it is.</p>`
}

export interface ConsentView {
  asker: Asker
  clientId: string
  uid: string
  csrf: string
  user: string
  scopes: readonly string[]
  /** Whether an operator registered the client, who knows what it is. */
  vouched: boolean
}

export function consentPage({asker, clientId, uid, csrf, user, scopes, vouched}: ConsentView): string {
  const local = isLoopback(asker.redirectUri)
  const {resource} = asker
  const published = clientId.startsWith('https://')
    ? `Published by <strong>${escape(new URL(clientId).host)}</strong>`
    : 'It registered itself; nobody has checked its name.'
  const origin = vouched ? 'Whoever runs this mcpx registered it.' : published
  return page(
    `Allow ${asker.name}? · mcpx`,
    `<h1>Allow ${escape(asker.name)}?</h1>
<p class="dim">You are logged in as <strong>${escape(user)}</strong>. Only allow what you started yourself.</p>
<dl>
${resource ? `<div><dt>It wants to use</dt><dd><strong>${escape(resource.name ?? new URL(resource.uri).host)}</strong><br><code>${escape(resource.uri)}</code></dd></div>` : ''}
<div><dt>It may</dt><dd><ul>${scopes.map(scope => `<li>${escape(scopeText(scope))}</li>`).join('')}</ul></dd></div>
<div><dt>It will bring you back to</dt><dd><strong>${escape(placeOf(asker.redirectUri))}</strong><br><code>${escape(asker.redirectUri)}</code></dd></div>
<div><dt>Who it says it is</dt><dd>${origin}</dd></div>
</dl>
${local ? '<p class="note">This client runs on your own computer. Any program there can claim this name, so continue only if you just started it.</p>' : ''}
<form method="post" action="/interaction/${escape(uid)}/consent"><input type="hidden" name="csrf" value="${escape(csrf)}">
<div class="pair"><button name="action" value="deny">Cancel</button><button class="main" name="action" value="allow">Allow</button></div></form>`,
  )
}

export interface MessageView {
  title: string
  detail: string
  /** What to do. */
  hint?: string | undefined
  /** Code of the error, for people who search. */
  code?: string | undefined
}

export function messagePage({title, detail, hint, code}: MessageView): string {
  return page(
    `${title} · mcpx`,
    `<h1>${escape(title)}</h1><p>${escape(detail)}</p>${hint === undefined ? '' : `<p>${escape(hint)}</p>`}${code === undefined ? '' : `<p class="dim">Error code: <code>${escape(code)}</code></p>`}`,
  )
}

export function logoutPage(csrf: string, user: string | undefined): string {
  if (user === undefined)
    return messagePage({title: 'You are logged out', detail: 'You can close this page.'})
  return page(
    'Log out · mcpx',
    `<h1>Log out?</h1><p class="dim">You are logged in as <strong>${escape(user)}</strong>. Programs you allowed keep their access until you or an operator revoke it.</p><form method="post" action="/logout"><input type="hidden" name="csrf" value="${escape(csrf)}"><button class="main">Log out</button></form>`,
  )
}

/** The part of a redirect URI that tells a person where it leads. */
export function placeOf(redirectUri: string): string {
  const url = new URL(redirectUri)
  if (!/^https?:$/.test(url.protocol)) return `the app for ${url.protocol}//`
  return isLoopback(redirectUri) ? `a program on your computer (${url.host})` : url.host
}

export function isLoopback(redirectUri: string): boolean {
  const {protocol, hostname} = new URL(redirectUri)
  return protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

const texts: Record<string, string> = {
  openid: 'know who you are',
  profile: 'see your name',
  email: 'see your e-mail address',
  access: 'use this site in your name',
  'mcp:read': 'read what the server offers: tools, resources and prompts',
  'mcp:write': 'use its tools in your name, which can change things',
}

const scopeText = (scope: string): string => texts[scope] ?? `what the server calls “${scope}”`
