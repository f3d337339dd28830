// nginx, caddy and mcpx, each on one core, in front of the same upstream; with `tls`, with certificates of one kind.
import {join} from 'node:path'
import {makeCa, makeKey, signLeaf} from '../../src/server/certificates/x509-maker.ts'
import {freePort, measuredCore, otherCore, type Stand} from './stand.ts'

export interface Contender {
  name: string
  url: string
  pid: number
  /** Header fields to send, as `Name: value`. */
  headers?: string[]
}

const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: {content: [{type: 'text', text: 'x'.repeat(930)}]},
})

const token = 'bench-admin-token-0123456789'

interface Pair {
  cert: string
  key: string
}

const nginxConfig = (stand: Stand, name: string, server: string): string =>
  stand.write(
    `${name}.conf`,
    `daemon off; worker_processes 1; pid ${stand.directory}/${name}.pid; error_log /dev/null;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map(kind => `${kind}_temp_path ${stand.directory}/${name}-${kind};`)
      .join(' ')}
${server} }`,
  )

/** An ECDSA P-256 certificate, as mcpx has them too. */
async function makePair(stand: Stand): Promise<Pair> {
  const key = makeKey()
  const chain = await signLeaf(await makeCa('CA of the bench'), ['127.0.0.1', 'localhost'], key, 30)
  return {cert: stand.write('cert.pem', chain), key: stand.write('key.pem', key)}
}

export async function startContenders(stand: Stand, tls: boolean): Promise<Contender[]> {
  const [upstream, nginx, caddy, mcpx] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const pair = tls ? await makePair(stand) : undefined
  await startUpstream(stand, upstream)
  const pids = [
    await startNginx(stand, nginx, upstream, pair),
    await startCaddy(stand, caddy, upstream, pair),
    await startMcpx(stand, mcpx, upstream, tls),
  ]
  const scheme = tls ? 'https' : 'http'
  return [nginx, caddy, mcpx].map((port, index) => ({
    name: ['nginx', 'caddy', 'mcpx'][index] as string,
    url: `${scheme}://127.0.0.1:${port}/mcp`,
    pid: pids[index] as number,
  }))
}

function startUpstream(stand: Stand, port: number): Promise<number> {
  const answer = `server { listen 127.0.0.1:${port}; location / { default_type application/json; return 200 '${body}'; } }`
  return stand.start(otherCore, port, 'nginx', ['-c', nginxConfig(stand, 'upstream', answer)])
}

/** One process of mcpx: a host that is open, and one behind a login that the caller has passed. */
export async function startGuarded(stand: Stand): Promise<Contender[]> {
  const [upstream, mcpx] = await Promise.all([freePort(), freePort()])
  await startUpstream(stand, upstream)
  const pid = await startMcpx(stand, mcpx, upstream, false, {OAUTH_CLIENT_CREDENTIALS: 'on'})
  const api = caller(`http://localhost:${mcpx}/api/v1`, token)
  const guarded = 'guarded.localhost'
  await api('POST', '/proxy/targets/127.0.0.1/mcp', {public: true})
  await api('POST', '/proxy/targets', {hostname: guarded, target_url: `http://127.0.0.1:${upstream}`})
  await api('POST', `/proxy/targets/${guarded}/mcp`, {})
  const client = await api('POST', '/oauth/clients', {
    client_name: 'bench',
    grant_types: ['client_credentials'],
  })
  const secret = Buffer.from(`${client['client_id']}:${client['client_secret']}`).toString('base64')
  const response = await fetch(`http://localhost:${mcpx}/token`, {
    method: 'POST',
    headers: {authorization: `Basic ${secret}`},
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: `http://${guarded}:${mcpx}/mcp`,
    }),
  })
  const {access_token} = (await response.json()) as {access_token?: string}
  if (!access_token) throw new Error('mcpx gave no access token')
  const url = `http://127.0.0.1:${mcpx}/mcp`
  const bearer = `Authorization: Bearer ${access_token}`
  return [
    {name: 'open', url, pid, headers: [bearer]},
    {name: 'login', url, pid, headers: [`Host: ${guarded}:${mcpx}`, bearer]},
  ]
}

function startNginx(stand: Stand, port: number, upstream: number, pair: Pair | undefined): Promise<number> {
  const secure = pair
    ? `ssl_certificate ${pair.cert}; ssl_certificate_key ${pair.key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m;`
    : ''
  const config = `upstream up { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 1000000000; }
server { listen 127.0.0.1:${port}${pair ? ' ssl http2' : ''}; ${secure} location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; proxy_pass http://up; } }`
  return stand.start(measuredCore, port, 'nginx', ['-c', nginxConfig(stand, 'nginx', config)])
}

function startCaddy(stand: Stand, port: number, upstream: number, pair: Pair | undefined): Promise<number> {
  const site = pair
    ? `https://:${port} {\n bind 127.0.0.1\n tls ${pair.cert} ${pair.key}`
    : `http://127.0.0.1:${port} {`
  const file = stand.write(
    'Caddyfile',
    `{\n admin off\n auto_https off\n}\n${site}\n reverse_proxy 127.0.0.1:${upstream} {\n  transport http {\n   keepalive_idle_conns_per_host 256\n  }\n }\n}\n`,
  )
  return stand.start(measuredCore, port, 'caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
    GOMAXPROCS: '1',
    XDG_DATA_HOME: stand.directory,
    XDG_CONFIG_HOME: stand.directory,
  })
}

async function startMcpx(
  stand: Stand,
  port: number,
  upstream: number,
  tls: boolean,
  more: Record<string, string> = {},
): Promise<number> {
  const http = tls ? await freePort() : port
  const environment = {
    HTTP_PORT: String(http),
    HTTPS_PORT: String(tls ? port : await freePort()),
    BIND_ADDRESS: '127.0.0.1',
    WORKERS: '1',
    LOG_LEVEL: 'warn',
    MCPX_DATA_DIR: join(stand.directory, 'mcpx'),
    XDG_CONFIG_HOME: stand.directory,
    ADMIN_TOKEN: token,
    NODE_ENV: 'production',
    ...more,
  }
  const entry = join(import.meta.dirname, '../../bin/run.js')
  const pid = await stand.start(measuredCore, http, process.execPath, [entry, 'serve'], environment)
  const api = caller(`http://localhost:${http}/api/v1`, token)
  await api('POST', '/proxy/targets', {hostname: '127.0.0.1', target_url: `http://127.0.0.1:${upstream}`})
  // The certificate of the console holds for 127.0.0.1 too.
  while (tls) {
    const {status} = await api('GET', '/certificates/localhost/status?wait=true')
    if (status === 'active') break
  }
  return pid
}

type Api = (method: string, path: string, sent?: object) => Promise<Record<string, string>>

const caller =
  (base: string, token: string): Api =>
  async (method, path, sent) => {
    const response = await fetch(base + path, {
      method,
      headers: {authorization: `Bearer ${token}`, ...(sent && {'content-type': 'application/json'})},
      ...(sent && {body: JSON.stringify(sent)}),
    })
    if (!response.ok) throw new Error(`mcpx refused ${method} ${path}: ${await response.text()}`)
    return (await response.json()) as Record<string, string>
  }
