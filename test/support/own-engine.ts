// A container engine of its own for a test: dockerd with its own directory, bridge, and socket or TCP port. Needs root.
import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {docker, images, useDocker} from './docker.ts'
import {freePort} from './free-port.ts'
import {until} from './until.ts'

export interface OwnEngine {
  host: string
  start(): Promise<void>
  stop(): Promise<void>
  remove(): Promise<void>
}

/** Started, with the image that serves HTTP. `subnet` as `10.213.7`; `tcp`: on a port of 127.0.0.1 instead of a socket. */
export async function ownEngine(subnet: string, {tcp = false} = {}): Promise<OwnEngine> {
  await useDocker()
  const directory = mkdtempSync(join(tmpdir(), 'mcpx-engine-'))
  const bridge = `mcpx${randomBytes(4).toString('hex')}`
  const host = tcp ? `tcp://127.0.0.1:${await freePort()}` : `unix://${join(directory, 'docker.sock')}`
  const settings = join(directory, 'daemon.json')
  // Up to 20.10 the id of an engine stands in a file of the machine; engines of two machines have two.
  const old = /version (\d|1\d|20)\./.test(execFileSync('dockerd', ['--version'], {encoding: 'utf8'}))
  writeFileSync(settings, JSON.stringify(old ? {'deprecated-key-path': join(directory, 'key.json')} : {}))
  let child: ChildProcess | undefined
  execFileSync('ip', ['link', 'add', 'name', bridge, 'type', 'bridge'])
  execFileSync('ip', ['addr', 'add', `${subnet}.1/24`, 'dev', bridge])
  execFileSync('ip', ['link', 'set', bridge, 'up'])
  const answers = (): boolean =>
    spawnSync('docker', ['--host', host, 'version'], {stdio: 'ignore'}).status === 0
  const engine: OwnEngine = {
    host,
    async start() {
      const paths = ['--data-root', 'data', '--exec-root', 'exec', '--pidfile', 'pid'].map(word =>
        word.startsWith('--') ? word : join(directory, word),
      )
      child = spawn(
        'dockerd',
        [
          ...paths,
          '--config-file',
          settings,
          '--host',
          host,
          '--bridge',
          bridge,
          '--iptables=false',
          '--ip-masq=false',
        ],
        {
          stdio: 'ignore',
        },
      )
      await until(answers, 'the engine answers', 60_000, 100)
    },
    async stop() {
      if (!child) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      child = undefined
    },
    async remove() {
      await engine.stop()
      for (const pid of programsOf(directory)) process.kill(pid, 'SIGKILL')
      execFileSync('ip', ['link', 'delete', bridge])
      for (const mount of mountsBelow(directory)) execFileSync('umount', ['--lazy', mount])
      rmSync(directory, {recursive: true, force: true, maxRetries: 50, retryDelay: 100})
    },
  }
  await engine.start()
  const archive = join(directory, 'image.tar')
  docker('save', '--output', archive, images.web)
  execFileSync('docker', ['--host', host, 'load', '--input', archive], {stdio: 'ignore'})
  return engine
}

/** What an engine may leave running: the programs that name its directory on their command line, as containers' shims do. */
function programsOf(directory: string): number[] {
  const names = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${directory}/`)
    } catch {
      return false
    }
  }
  const all = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return all.filter(names).map(Number)
}

/** What an engine that was ended in the middle of its work may leave mounted, the innermost first. */
function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line => line.split(' ')[1] ?? '')
    .filter(path => path.startsWith(`${directory}/`))
    .sort()
    .reverse()
}
