// A registry of the test's own (OCI distribution v2, to pull from): one image of the engine under a name on 127.0.0.1,
// which engines take without TLS.
import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {docker} from './docker.ts'

const kinds = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
}

interface Blob {
  mediaType: string
  size: number
  digest: string
}

export interface Registry {
  /** `127.0.0.1:PORT`, the first part of the names of its images. */
  host: string
  /** Layers wait until `release`. */
  hold(): void
  release(): void
  close(): Promise<void>
}

/** Serves `image` as `HOST/thing:1`. */
export async function startRegistry(image: string): Promise<Registry> {
  const blobs = new Map<string, Buffer>()
  const keep = (mediaType: string, data: Buffer): Blob => {
    const digest = digestOf(data)
    blobs.set(digest, data)
    return {mediaType, size: data.length, digest}
  }
  const {config, layers} = saved(image)
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: kinds.manifest,
      config: keep(kinds.config, config),
      layers: layers.map(layer => keep(kinds.layer, gzipSync(layer))),
    }),
  )
  let held = Promise.withResolvers<void>()
  held.resolve()
  const refuse = (response: ServerResponse, code: string): void => {
    response.writeHead(404, {'Content-Type': 'application/json'})
    response.end(JSON.stringify({errors: [{code, message: `${code} of the test`}]}))
  }
  const answer = async ({method, url = '/'}: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0')
    const [, what, which = ''] = /^\/v2\/thing\/(manifests|blobs)\/(.+)$/.exec(url) ?? []
    if (url === '/v2/') return void response.end('{}')
    const isManifest = what === 'manifests' && (which === '1' || which === digestOf(manifest))
    if (what === 'manifests' && !isManifest) return refuse(response, 'MANIFEST_UNKNOWN')
    const data = isManifest ? manifest : blobs.get(which)
    if (!data) return refuse(response, 'NAME_UNKNOWN')
    if (what === 'blobs' && data !== config) await held.promise
    response.writeHead(200, {
      'Content-Type': isManifest ? kinds.manifest : 'application/octet-stream',
      'Content-Length': data.length,
      'Docker-Content-Digest': digestOf(data),
    })
    response.end(method === 'HEAD' ? undefined : data)
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold() {
      held = Promise.withResolvers()
    },
    release: () => held.resolve(),
    async close() {
      held.resolve()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const digestOf = (data: Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`

/** What `docker save` says of an image. */
function saved(image: string): {config: Buffer; layers: Buffer[]} {
  const directory = mkdtempSync(join(tmpdir(), 'mcpx-registry-'))
  try {
    docker('save', '--output', join(directory, 'image.tar'), image)
    execFileSync('tar', ['-xf', 'image.tar'], {cwd: directory})
    const read = (path: string): Buffer => readFileSync(join(directory, path))
    const [{Config, Layers}] = JSON.parse(read('manifest.json').toString()) as [
      {Config: string; Layers: string[]},
    ]
    return {config: read(Config), layers: Layers.map(read)}
  } finally {
    rmSync(directory, {recursive: true, force: true})
  }
}
