// A real container engine for tests: that of DOCKER_HOST, the one of this machine, or a dockerd started for the run;
// images are built from files of this machine, so no registry is needed.
import {execFileSync, spawn, spawnSync} from 'node:child_process'
import {copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {until} from './until.ts'

export const dockerHost = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock'

/** Run the Docker client; answers what it printed. */
export const docker = (...args: string[]): string =>
  execFileSync('docker', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {...process.env, DOCKER_HOST: dockerHost},
  }).trim()

const answers = (): boolean =>
  spawnSync('docker', ['version'], {stdio: 'ignore', env: {...process.env, DOCKER_HOST: dockerHost}})
    .status === 0

export const images = {
  /** Serves HTTP on 8080: `GET /cgi-bin/env` answers its environment. */
  web: 'mcpx-test/web:1',
  /** Reads a request on 8080, switches protocols and sends back what it gets. */
  echo: 'mcpx-test/echo:1',
  /** Ends with exit code 3 after two lines of log. */
  crash: 'mcpx-test/crash:1',
  /** Serves HTTP on 8080, and its health check says no. */
  sick: 'mcpx-test/sick:1',
} as const

let ready: Promise<void> | undefined

/** An engine with the test images. */
export const useDocker = (): Promise<void> => (ready ??= prepare())

async function prepare(): Promise<void> {
  if (!answers()) await startEngine()
  const directory = mkdtempSync(join(tmpdir(), 'mcpx-images-'))
  try {
    copyFileSync(busybox(), join(directory, 'busybox'))
    writeFileSync(
      join(directory, 'env'),
      "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\nenv\nid\n",
      {
        mode: 0o755,
      },
    )
    build(directory, images.web, [...base, 'EXPOSE 8080', 'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]'])
    writeFileSync(
      join(directory, 'echo'),
      `#!/bin/sh
while read -r line; do [ "\${#line}" -le 1 ] && break; done
printf 'HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n'
exec cat
`,
      {mode: 0o755},
    )
    build(directory, images.echo, [
      ...base,
      'COPY echo /bin/echo-back',
      'EXPOSE 8080',
      'CMD ["nc", "-ll", "-p", "8080", "-e", "/bin/echo-back"]',
    ])
    build(directory, images.crash, [...base, 'CMD ["sh", "-c", "echo one; echo two >&2; exit 3"]'])
    build(directory, images.sick, [
      ...base,
      'EXPOSE 8080',
      'HEALTHCHECK --interval=1s --retries=1 CMD echo it hurts; exit 1',
      'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]',
    ])
  } finally {
    rmSync(directory, {recursive: true, force: true})
  }
}

/** Lines of a Dockerfile FROM scratch with a shell, for a directory that holds `busybox` and `env`. */
export const base = [
  'FROM scratch',
  'COPY busybox /bin/busybox',
  'RUN ["/bin/busybox", "--install", "-s", "/bin"]',
  'COPY env /www/cgi-bin/env',
  'ENV PATH=/bin',
  // A first process passes over SIGTERM when it does not ask for it, as these do.
  'STOPSIGNAL SIGKILL',
]

/** A static busybox of this machine. */
export function busybox(): string {
  const found = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync)
  if (found) return found
  throw new Error('There is no static busybox; install it: apt-get install -y busybox-static')
}

function build(directory: string, tag: string, lines: string[]): void {
  writeFileSync(join(directory, 'Dockerfile'), `${lines.join('\n')}\n`)
  docker('build', '--quiet', '--tag', tag, directory)
}

async function startEngine(): Promise<void> {
  if (dockerHost !== 'unix:///var/run/docker.sock') throw new Error(`No engine answers at ${dockerHost}`)
  if (spawnSync('dockerd', ['--version']).status !== 0)
    throw new Error('There is no Docker engine; install it: apt-get install -y docker.io busybox-static')
  const child = spawn('dockerd', [], {stdio: 'ignore', detached: true})
  child.unref()
  process.once('exit', () => child.kill('SIGTERM'))
  await until(answers, 'dockerd answers', 60_000, 200)
}
