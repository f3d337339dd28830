// The data directory: who may use it, what is made in it at first start, and where the private sockets are.
import {randomBytes} from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import {connect, createServer, type Server} from 'node:net'
import {join} from 'node:path'
import {Problem} from '../core/problem.ts'
import {runDirectoryOf} from '../core/run-directory.ts'

/** Where the processes of one replica meet. */
export interface Sockets {
  redis: string
  /** Admin API and console; the gateway forwards to it. */
  control: string
  /** What workers tell the control process; nothing public leads there. */
  report: string
}

export class DataDirectory {
  readonly path: string
  readonly sockets: Sockets
  #lock: Server | undefined

  private constructor(path: string, run: string) {
    this.path = path
    this.sockets = {
      redis: join(run, 'redis.sock'),
      control: join(run, 'control.sock'),
      report: join(run, 'report.sock'),
    }
  }

  /** Make it where there is none, and hold it. Throws data-directory-in-use, data-directory-unfit. */
  static async open(path: string): Promise<DataDirectory> {
    makeDirectory(path)
    const run = runDirectory(path)
    const directory = new DataDirectory(path, run)
    directory.#lock = await lock(join(run, 'serve.sock'), path)
    return directory
  }

  /** A secret made at first start, in a file only its owner reads. */
  firstStart(name: string, make: () => string): string {
    const file = join(this.path, name)
    const draft = `${file}.${randomBytes(4).toString('hex')}`
    writeFileSync(draft, `${make()}\n`, {mode: 0o600, flag: 'wx'})
    try {
      linkSync(draft, file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      unlinkSync(draft)
    }
    return readFileSync(file, 'utf8').trim()
  }

  /** Write a file only its owner reads, in place of what was there. Answers its path. */
  writePrivate(name: string, text: string): string {
    const file = join(this.path, name)
    rmSync(file, {force: true})
    writeFileSync(file, text, {mode: 0o600, flag: 'wx'})
    return file
  }

  /** A file that was written at an earlier start. */
  read(name: string): string | undefined {
    const file = join(this.path, name)
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
  }

  remove(name: string): void {
    rmSync(join(this.path, name), {force: true})
  }

  close(): void {
    this.#lock?.close()
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, {recursive: true, mode: 0o700})
    chmodSync(path, 0o700)
  } catch (cause) {
    throw new Problem('data-directory-unfit', (cause as Error).message, {cause})
  }
}

/** Make the directory of the sockets; it may lie under /tmp, where others can be first. */
function runDirectory(path: string): string {
  const run = runDirectoryOf(path)
  mkdirSync(run, {recursive: true, mode: 0o700})
  const {uid} = lstatSync(run)
  if (!lstatSync(run).isDirectory() || uid !== process.getuid?.()) {
    throw new Problem('data-directory-unfit', `${run}, where its sockets would be, belongs to somebody else`)
  }
  chmodSync(run, 0o700)
  return run
}

/** A listening socket is a lock that the system takes back whatever happens to its holder. */
async function lock(socket: string, path: string): Promise<Server> {
  const server = createServer(peer => peer.destroy())
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(socket, () => {
        server.off('error', reject)
        resolve()
      })
    })
  try {
    await listen()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    if (await answers(socket)) {
      throw new Problem('data-directory-in-use', `Another mcpx runs on ${path}`)
    }
    unlinkSync(socket)
    await listen()
  }
  server.unref()
  return server
}

const answers = (socket: string): Promise<boolean> =>
  new Promise(resolve => {
    const probe = connect(socket)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
