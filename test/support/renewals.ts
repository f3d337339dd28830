// Renews many certificates at once at the real Pebble, while requests go on to a host that one of them serves.
import {X509Certificate} from 'node:crypto'
import {once} from 'node:events'
import {connect} from 'node:tls'
import {HttpsServer} from './https-server.ts'
import {startPebble} from './pebble.ts'

export interface Renewals {
  /** Seconds that issuing them took, and renewing them. */
  issued: number
  renewed: number
  /** Requests while they were renewed, each on a connection of its own. */
  requests: number
  failures: string[]
  /** Certificates that those connections saw. */
  seen: number
}

const hostOf = (index: number): string => `host-${index}.example.com`

/** Throws when a certificate fails. */
export async function renewMany(count: number, tell: (text: string) => void = () => {}): Promise<Renewals> {
  const pebble = await startPebble()
  const ports = {HTTP_PORT: String(pebble.httpPort), HTTPS_PORT: String(pebble.tlsPort)}
  const mcpx = await HttpsServer.start({env: {...pebble.environment, ...ports, WORKERS: '1'}})
  try {
    const target_url = await mcpx.upstream((_request, response) => response.end('served'))
    await mcpx.api('POST', '/proxy/targets', {hostname: hostOf(0), target_url})
    let began = performance.now()
    for (let index = 1; index < count; index++)
      await mcpx.api('POST', '/certificates', {cert_name: hostOf(index), domain: hostOf(index)})
    const before = await settled(mcpx, count, new Map(), tell)
    const issued = (performance.now() - began) / 1000
    const load = startLoad(mcpx.httpsPort, await pebble.root())
    began = performance.now()
    for (const name of before.keys()) await mcpx.api('POST', `/certificates/${name}/renew?force=true`)
    await settled(mcpx, count, before, tell)
    const renewed = (performance.now() - began) / 1000
    return {issued, renewed, ...(await load.stop())}
  } finally {
    await mcpx.stop()
    await pebble.stop()
  }
}

/** Waits until all have fingerprints other than `old`. Answers the new ones by name. */
async function settled(
  mcpx: HttpsServer,
  count: number,
  old: ReadonlyMap<string, string>,
  tell: (text: string) => void,
): Promise<Map<string, string>> {
  for (;;) {
    const done = new Map<string, string>()
    for (let cursor = ''; ; ) {
      const {body} = await mcpx.api(
        'GET',
        `/certificates?limit=100${cursor && `&after=${encodeURIComponent(cursor)}`}`,
      )
      for (const {cert_name, generation, fingerprint} of body.items) {
        if (generation.state === 'failed') throw new Error(`${cert_name}: ${JSON.stringify(generation)}`)
        const fresh = fingerprint !== undefined && fingerprint !== old.get(cert_name)
        if (generation.state === 'completed' && fresh && cert_name.startsWith('host-'))
          done.set(cert_name, fingerprint)
      }
      cursor = body.next ?? ''
      if (cursor === '') break
    }
    tell(`${done.size} of ${count}`)
    if (done.size === count) return done
    await new Promise(resolve => setTimeout(resolve, Math.max(100, count)))
  }
}

function startLoad(port: number, ca: string): {stop(): Promise<Omit<Renewals, 'issued' | 'renewed'>>} {
  const failures: string[] = []
  const seen = new Set<string>()
  let requests = 0
  let going = true
  const visit = async (): Promise<void> => {
    const servername = hostOf(0)
    const socket = connect({host: '127.0.0.1', port, servername, ca})
    let answered = ''
    socket.setEncoding('latin1').on('data', text => {
      answered += text
    })
    socket.once('secureConnect', () => {
      seen.add(new X509Certificate(socket.getPeerCertificate().raw).fingerprint256)
      socket.write(`GET / HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`)
    })
    socket.once('error', error => failures.push(error.message))
    await once(socket, 'close').catch(() => {})
    requests++
    if (!answered.includes('served')) failures.push(answered.slice(0, 200) || 'no answer')
  }
  const running = (async () => {
    while (going) await visit()
  })()
  return {
    async stop() {
      going = false
      await running
      return {requests, failures, seen: seen.size}
    },
  }
}
