// The base images that the Dockerfiles of mcpx name: what is there is used, else a stand-in made of files of this machine.
import {execFileSync, spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {busybox, docker, dockerHost, useDocker} from './docker.ts'

const env = {...process.env, DOCKER_HOST: dockerHost}

const has = (image: string): boolean =>
  spawnSync('docker', ['image', 'inspect', image], {stdio: 'ignore', env}).status === 0

/** Also one that an earlier run left with the name of the real image. */
const isStandIn = (image: string): boolean =>
  docker('image', 'inspect', '--format', '{{.Config.Labels}}', image).includes(standIn)

const standIn = 'mcpx-test.stand-in'

/** Certificates that this machine trusts. */
const certificates = '/etc/ssl/certs/ca-certificates.crt'

const people = ['root:x:0:0:', 'node:x:1000:1000:', 'redis:x:999:999:']

interface StandIn {
  image: string
  /** Programs beside a shell and the usual small tools, by their path in the image. */
  programs: Record<string, string>
  directories?: Record<string, string>
  lines: string[]
}

const onPath = (program: string): string =>
  execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], {
    encoding: 'utf8',
    env: {...env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`},
  }).trim()

/** node:26-slim, as far as our Dockerfiles use it: Node, npm, the user `node`, and what gives capabilities. */
const node = (): StandIn => ({
  image: 'node:26-slim',
  programs: {
    '/usr/local/bin/node': process.execPath,
    '/usr/bin/setpriv': onPath('setpriv'),
    '/usr/sbin/setcap': onPath('setcap'),
  },
  directories: {'/usr/local/lib/node_modules/npm': npmDirectory()},
  lines: [
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm',
    'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt',
  ],
})

const redis = (): StandIn => ({
  image: 'redis:8',
  programs: {
    '/usr/local/bin/redis-server': onPath('redis-server'),
    '/usr/local/bin/redis-cli': onPath('redis-cli'),
  },
  lines: ['RUN mkdir /data && chown 999 /data', 'VOLUME /data', 'WORKDIR /data', 'CMD ["redis-server"]'],
})

function npmDirectory(): string {
  const beside = [process.execPath, '/usr/bin/node', '/usr/local/bin/node'].map(path =>
    resolve(dirname(path), '../lib/node_modules/npm'),
  )
  const found = beside.find(existsSync)
  if (found) return found
  throw new Error('There is no npm to put into the stand-in of node:26-slim')
}

const standIns = {'node:26-slim': node, 'redis:8': redis}

/** Changes when what is put into the stand-ins does. */
const edition = createHash('sha256')
  .update(process.version)
  .update(readFileSync(fileURLToPath(import.meta.url)))
  .digest('hex')
  .slice(0, 12)

/** Have these images; the answer takes away the names that were given. */
export async function useBaseImages(...images: (keyof typeof standIns)[]): Promise<() => void> {
  await useDocker()
  const given: string[] = []
  for (const image of images) {
    if (has(image) && !isStandIn(image)) continue
    const own = `mcpx-test/${image.replace(':', '-')}:${edition}`
    if (!has(own)) build(standIns[image](), own)
    docker('tag', own, image)
    given.push(image)
  }
  return () => given.forEach(image => docker('rmi', '--no-prune', image))
}

function build({programs, directories = {}, lines}: StandIn, tag: string): void {
  const context = mkdtempSync(join(tmpdir(), 'mcpx-base-'))
  const put = (from: string, to: string): void => {
    mkdirSync(dirname(join(context, 'root', to)), {recursive: true})
    if (statSync(from).isDirectory()) cpSync(from, join(context, 'root', to), {recursive: true})
    else copyFileSync(from, join(context, 'root', to))
  }
  try {
    put(busybox(), '/bin/busybox')
    put(certificates, certificates)
    for (const [to, from] of Object.entries(programs)) {
      put(from, to)
      for (const library of libraries(from)) put(library, library)
    }
    for (const [to, from] of Object.entries(directories)) put(from, to)
    mkdirSync(join(context, 'root/tmp'))
    mkdirSync(join(context, 'root/root'))
    writeFileSync(join(context, 'root/etc/passwd'), people.map(one => `${one}:/:/bin/sh\n`).join(''))
    writeFileSync(join(context, 'root/etc/group'), 'root:x:0:\nnode:x:1000:\nredis:x:999:\n')
    const dockerfile = [
      'FROM scratch',
      'COPY root /',
      'RUN ["/bin/busybox", "--install", "-s", "/bin"]',
      'RUN mkdir -p /usr/bin && ln -s /bin/env /usr/bin/env && chmod 1777 /tmp',
      ...lines,
    ]
    writeFileSync(join(context, 'Dockerfile'), `${dockerfile.join('\n')}\n`)
    docker('build', '--quiet', '--label', standIn, '--tag', tag, context)
  } finally {
    rmSync(context, {recursive: true, force: true})
  }
}

/** Parts of glibc that add-ons of npm packages load (Rolldown: librt), as every image with glibc has them. */
const glibc = ['libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'libresolv.so.2', 'librt.so.1']

/** Shared libraries of a program, with the loader and the rest of glibc. */
function libraries(program: string): string[] {
  const listed = execFileSync('ldd', [program], {encoding: 'utf8'})
  const found = [...listed.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? [])
  const directory = dirname(found.find(path => path.endsWith('/libc.so.6')) ?? '')
  return [...new Set([...found, ...glibc.map(name => join(directory, name)).filter(existsSync)])]
}
