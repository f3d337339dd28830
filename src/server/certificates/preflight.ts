// Before a CA is asked: does DNS know the name, and does the port the CA will use reach this mcpx?
import {randomBytes} from 'node:crypto'
import {lookup, Resolver} from 'node:dns/promises'
import {request} from 'node:http'
import {connect} from 'node:net'
import type {Config} from '../../core/config.ts'
import {Problem} from '../../core/problem.ts'
import type {ChallengeTokens} from './tokens.ts'

const patience = 5000

/** The resolver of ACME_DNS_SERVERS; undefined is the system's. */
export function resolverOf({ACME_DNS_SERVERS: servers}: Config): Resolver | undefined {
  if (servers.length === 0) return undefined
  const resolver = new Resolver({timeout: 2000, tries: 2})
  resolver.setServers(servers)
  return resolver
}

async function addressesOf(config: Config, name: string): Promise<string[]> {
  const resolver = resolverOf(config)
  if (!resolver) return (await lookup(name, {all: true})).map(({address}) => address)
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const addresses = found.flatMap(one => (one.status === 'fulfilled' ? one.value : []))
  const [first] = found
  if (addresses.length === 0 && first.status === 'rejected') throw first.reason
  return addresses
}

/** Throws preflight-failed with what was found. */
export async function preflight(
  config: Config,
  tokens: ChallengeTokens,
  domain: string,
  challenge: 'http-01' | 'tls-alpn-01',
): Promise<void> {
  const addresses = await addressesOf(config, domain).catch((error: NodeJS.ErrnoException) => {
    throw refusal(
      domain,
      `DNS knows no address of it (${error.code ?? error.message})`,
      `add an A or AAAA record for \`${domain}\` that points at this machine, then \`mcpx cert renew\``,
    )
  })
  const token = `preflight-${randomBytes(16).toString('base64url')}`
  await tokens.set(token, token, 120)
  try {
    const findings = await Promise.all(
      addresses.map(address =>
        challenge === 'http-01'
          ? askHttp(address, config.ACME_HTTP_PORT, domain, token)
          : askTls(address, config.ACME_TLS_PORT),
      ),
    )
    judge(domain, findings)
  } finally {
    await tokens.delete(token)
  }
}

interface Finding {
  /** `other`: something that is not this mcpx answers there. */
  outcome: 'ok' | 'other' | 'unreachable'
  text: string
}

function judge(domain: string, findings: Finding[]): void {
  const other = findings.find(({outcome}) => outcome === 'other')
  if (other)
    throw refusal(
      domain,
      other.text,
      'point every A and AAAA record at this mcpx and remove what stands in between; ACME_PREFLIGHT=off skips this check',
    )
  // A CA tries every address: one that answers is enough.
  if (findings.some(({outcome}) => outcome === 'ok')) return
  throw refusal(
    domain,
    findings.map(({text}) => text).join('; '),
    'open the port in firewall and router; ACME_PREFLIGHT=off skips this check where mcpx cannot reach its own public address',
  )
}

const refusal = (domain: string, found: string, hint: string): Problem =>
  new Problem('preflight-failed', `\`${domain}\`: ${found}. The CA was not asked`, {hint})

const place = (address: string, port: number): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`

function askHttp(address: string, port: number, domain: string, token: string): Promise<Finding> {
  const where = place(address, port)
  return new Promise(resolve => {
    const sent = request({
      host: address,
      port,
      path: `/.well-known/acme-challenge/${token}`,
      headers: {host: domain},
      agent: false,
      timeout: patience,
    })
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${patience / 1000} s`)))
    sent.once('error', error => resolve({outcome: 'unreachable', text: `${where}: ${error.message}`}))
    sent.once('response', response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (body.length < 1000) body += chunk
      })
      response.once('close', () => {
        const server = response.headers.server === undefined ? '' : ` by ${response.headers.server}`
        const text = `another server answers at ${where} (${response.statusCode}${server})`
        // A CA follows redirects, so only a final answer tells.
        const redirected = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0)
        resolve(body.trim() === token || redirected ? {outcome: 'ok', text: where} : {outcome: 'other', text})
      })
    })
    sent.end()
  })
}

function askTls(address: string, port: number): Promise<Finding> {
  const where = place(address, port)
  return new Promise(resolve => {
    const socket = connect({host: address, port, timeout: patience})
    const end = (outcome: Finding['outcome'], text: string): void => {
      socket.destroy()
      resolve({outcome, text})
    }
    socket.once('connect', () => end('ok', where))
    socket.once('timeout', () => end('unreachable', `${where}: no answer within ${patience / 1000} s`))
    socket.once('error', error => end('unreachable', `${where}: ${error.message}`))
  })
}
