// The real Pebble (Let's Encrypt's test CA) with its DNS server, on loopback ports of their own.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {get} from 'node:https'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {makeCa, makeKey, signLeaf} from '../../src/server/certificates/x509-maker.ts'
import {freePort} from './free-port.ts'
import {type Program, startProgram} from './program.ts'
import {until} from './until.ts'

export interface Pebble {
  directory: string
  /** Settings that make mcpx use it. */
  environment: Record<string, string>
  /** Ports it sends http-01 and tls-alpn-01 to. */
  httpPort: number
  tlsPort: number
  /** Root that its certificates lead to, in PEM. */
  root(): Promise<string>
  /** What its management interface answers at `path`. */
  managed(path: string): Promise<string>
  /** Tell its DNS server something, e.g. `set-txt`. */
  dns(call: string, body: object): Promise<void>
  output(): string
  /** Where its DNS server is told things. */
  dnsApi: string
  /** Root of its ACME endpoint in PEM. */
  bundle: string
  /** A directory that goes with it. */
  home: string
  stop(): Promise<void>
}

export interface PebbleOptions {
  /** Seconds its certificates are valid. */
  validity?: number
  /** External account keys it asks for: kid → base64url. */
  eab?: Record<string, string>
  env?: Record<string, string>
  ocspUrl?: string
  /** DNS server to ask in place of its own. */
  dnsServer?: string
  /** Another one whose http-01 and tls-alpn-01 ports it shares. */
  beside?: Pebble
}

export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  const directory = mkdtempSync(join(tmpdir(), 'mcpx-pebble-'))
  const [port, management, dnsPort, dnsManagement, ...free] = await Promise.all(
    Array.from({length: 6}, freePort),
  )
  const {httpPort = free[0], tlsPort = free[1]} = options.beside ?? {}
  const ca = await makeCa('test CA of the ACME endpoint')
  const key = makeKey()
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const bundle = file('bundle.pem', ca.certificate_pem)
  const config = file(
    'pebble.json',
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: file('cert.pem', await signLeaf(ca, ['localhost', '127.0.0.1'], key, 30)),
        privateKey: file('key.pem', key),
        httpPort,
        tlsPort,
        ocspResponderURL: options.ocspUrl ?? '',
        externalAccountBindingRequired: options.eab !== undefined,
        ...(options.eab && {externalAccountMACKeys: options.eab}),
        ...(options.validity !== undefined && {certificateValidityPeriod: options.validity}),
      },
    }),
  )
  const dns: Program = startProgram('pebble-challtestsrv', [
    '-dns01',
    `127.0.0.1:${dnsPort}`,
    '-management',
    `127.0.0.1:${dnsManagement}`,
    '-defaultIPv6',
    '',
    '-http01',
    '',
    '-https01',
    '',
    '-tlsalpn01',
    '',
  ])
  const dnsServer = options.dnsServer ?? `127.0.0.1:${dnsPort}`
  const pebble = startProgram('pebble', ['-config', config, '-dnsserver', dnsServer], {
    env: {PEBBLE_VA_NOSLEEP: '1', ...options.env},
  })
  const answers = (url: string): Promise<boolean> =>
    fetch(url).then(
      () => true,
      error => /certificate|verify/i.test(String((error as Error & {cause?: Error}).cause)),
    )
  await until(
    async () =>
      (await answers(`https://127.0.0.1:${port}/dir`)) &&
      (await answers(`http://127.0.0.1:${dnsManagement}/`)),
    `Pebble answers: ${pebble.output()} ${dns.output()}`,
  )
  const managed = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      get(`https://127.0.0.1:${management}${path}`, {ca: ca.certificate_pem}, response => {
        let text = ''
        response.on('data', chunk => {
          text += chunk
        })
        response.once('end', () => resolve(text))
      }).once('error', reject)
    })
  return {
    directory: `https://127.0.0.1:${port}/dir`,
    environment: {
      ACME_DIRECTORY_URL: `https://127.0.0.1:${port}/dir`,
      ACME_CA_BUNDLE: bundle,
      ACME_DNS_SERVERS: dnsServer,
      ACME_HTTP_PORT: String(httpPort),
      ACME_TLS_PORT: String(tlsPort),
      ADMIN_EMAIL: 'admin@example.com',
    },
    httpPort: httpPort as number,
    tlsPort: tlsPort as number,
    managed,
    root: () => managed('/roots/0'),
    async dns(call, body) {
      await fetch(`http://127.0.0.1:${dnsManagement}/${call}`, {method: 'POST', body: JSON.stringify(body)})
    },
    output: pebble.output,
    dnsApi: `http://127.0.0.1:${dnsManagement}`,
    bundle: ca.certificate_pem,
    home: directory,
    async stop() {
      await Promise.all([pebble.stop(), dns.stop()])
      rmSync(directory, {recursive: true, force: true})
    },
  }
}
