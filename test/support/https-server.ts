// A whole `mcpx serve` seen over HTTPS: its API, its port, its local CA, and clients that know both.

import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, get, type RequestListener, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Answer} from './api.ts'
import {type Ran, run} from './run.ts'
import {type ServerOptions, startServer, type TestServer} from './server.ts'

export class HttpsServer {
  readonly server: TestServer
  readonly httpsPort: number
  readonly directory: string
  /** File with the root that clients trust. */
  root = ''
  readonly #upstreams: Server[] = []

  private constructor(server: TestServer, httpsPort: number) {
    this.server = server
    this.httpsPort = httpsPort
    this.directory = mkdtempSync(join(tmpdir(), 'mcpx-https-'))
  }

  static async start(options: ServerOptions = {}): Promise<HttpsServer> {
    const server = await startServer(options)
    const port = /https:\/\/[^\s:]+(?::(\d+))?/.exec(server.stdout())?.[1]
    const made = new HttpsServer(server, Number(port ?? 443))
    const {body} = await made.api('GET', '/certificates/ca')
    made.trust(body.certificate_pem)
    return made
  }

  trust(pem: string): void {
    this.root = join(this.directory, 'root.pem')
    writeFileSync(this.root, pem)
  }

  async api(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.server.adminToken}`,
        ...(body !== undefined && {'content-type': 'application/json'}),
      },
      ...(body !== undefined && {body: JSON.stringify(body)}),
    })
    const text = await response.text()
    return {status: response.status, headers: response.headers, body: text && JSON.parse(text)}
  }

  async upstream(listener: RequestListener): Promise<string> {
    const server = createServer(listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#upstreams.push(server)
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** Wait until issuing has ended. Answers the record. */
  async settled(name: string): Promise<Answer['body']> {
    for (;;) {
      const {body} = await this.api('GET', `/certificates/${encodeURIComponent(name)}/status?wait=true`)
      if (['completed', 'failed'].includes(body.generation?.state)) return body
    }
  }

  /** curl to a host of this server. */
  curl(host: string, path: string, ...args: string[]): Promise<Ran> {
    const {httpsPort, root} = this
    return run('curl', [
      '-sS',
      '--cacert',
      root,
      '--resolve',
      `${host}:${httpsPort}:127.0.0.1`,
      ...args,
      `https://${host}:${httpsPort}${path}`,
    ])
  }

  /** GET over plain HTTP, redirects not followed. */
  plain(host: string, path: string): Promise<{status: number; location: string | null}> {
    return new Promise((resolve, reject) => {
      const sent = get({host: '127.0.0.1', port: this.server.port, path, headers: {host}, agent: false})
      sent.once('error', reject)
      sent.once('response', response => {
        response.resume()
        resolve({status: response.statusCode ?? 0, location: response.headers.location ?? null})
      })
    })
  }

  async stop(): Promise<void> {
    for (const upstream of this.#upstreams) {
      upstream.closeAllConnections()
      upstream.close()
    }
    await this.server.stop()
    rmSync(this.directory, {recursive: true, force: true})
  }
}
