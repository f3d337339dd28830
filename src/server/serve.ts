// `mcpx serve`: a supervisor that holds the public sockets and keeps the private Redis, the control process and the
// gateway workers running. It has no application code of its own, so that nothing in it can fail a request.
import {randomBytes} from 'node:crypto'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {type Config, ConfigError, readConfig} from '../core/config.ts'
import {type Log, openLog} from '../core/log.ts'
import {Problem} from '../core/problem.ts'
import {findRedisServer, launchPrivateRedis} from '../core/store/private-redis.ts'
import {redisAddress, withoutSecrets} from '../core/store/redis.ts'
import {makeSecret} from '../core/store/seal.ts'
import {type Running, Supervised} from '../core/supervised.ts'
import {announcement, localUrl} from './announce.ts'
import {DataDirectory} from './data-directory.ts'
import {type BoundSocket, bindPort, closeSocket} from './listen.ts'
import {loadControl, loadWorker} from './load.ts'
import {launchPart, type PartName, type Setup} from './part.ts'

export interface ServeOptions {
  environment: Record<string, string | undefined>
  version: string
  /** How the command line is called here, e.g. `npx mcpx`. */
  command: string
  resetAdminToken: boolean
  /** Whether a person reads along, so that the admin token may be shown. */
  terminal: boolean
  /** Takes what a person reads. */
  print: (text: string) => void
  /** Hears of what is unusual at the start. */
  notice: (text: string) => void
  /** Gets the address on this machine, now and at the start before, and the admin token when it is new. */
  onReady: (ready: {url: string; previousUrl: string | undefined; token: string | undefined}) => void
}

/** Milliseconds a part gets to stop beyond its drain time. */
const grace = 5000
/** The admin token that nobody was told yet; a start that fails midway leaves it for the next. */
const draftName = 'admin-token.draft'

interface PublicSockets {
  http: BoundSocket
  /** Undefined when its port could not be bound and none was asked for. */
  https: BoundSocket | undefined
}

export class Supervisor {
  readonly #options: ServeOptions
  readonly #config: Config
  readonly #log: Log
  readonly #workers: Supervised[] = []
  readonly #others: Supervised[] = []
  #data: DataDirectory | undefined
  #sockets: PublicSockets | undefined
  #adminToken: string | undefined
  #stopping = false

  /** Throws configuration-invalid with every mistake. */
  constructor(options: ServeOptions) {
    this.#options = options
    this.#config = readConfiguration(options.environment)
    this.#log = openLog(this.#config.LOG_LEVEL, 'supervisor')
  }

  /** Start everything in order. Throws with what a person can do about it; what was started is stopped then. */
  async start(): Promise<void> {
    try {
      await this.#start()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Drain the gateway, then stop the rest in reverse order. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#sockets) closeSocket(this.#sockets.http)
    if (this.#sockets?.https) closeSocket(this.#sockets.https)
    this.#sockets = undefined
    await Promise.all(this.#workers.map(worker => worker.stop()))
    for (const other of this.#others.toReversed()) await other.stop()
    this.#data?.close()
  }

  /** End everything at once. */
  kill(): void {
    for (const one of [...this.#workers, ...this.#others]) one.kill()
  }

  async #start(): Promise<void> {
    const config = this.#config
    const data = await DataDirectory.open(config.MCPX_DATA_DIR)
    this.#data = data
    const secretKey =
      config.MCPX_SECRET_KEY ?? data.firstStart('secret.key', () => randomBytes(32).toString('base64'))
    const http = await bindPort(
      {
        variable: 'HTTP_PORT',
        asked: config.HTTP_PORT,
        standard: 80,
        fallback: 8080,
        bindAddress: config.BIND_ADDRESS,
      },
      this.#options.notice,
    )
    this.#sockets = {http, https: undefined}
    const https = await this.#bindHttps()
    const sockets = {http, https}
    this.#sockets = sockets
    if (config.REDIS_URL === undefined) await this.#startRedis(data)
    const workers = config.WORKERS ?? availableParallelism()
    const setup: Setup = {
      config,
      redis: redisAddress(config, `unix://${encodeURI(data.sockets.redis)}`),
      secretKey,
      sockets: data.sockets,
      replica: data.firstStart('replica', () => randomBytes(6).toString('hex')),
      version: this.#options.version,
      ports: [http.port, ...(https ? [https.port] : [])],
      httpsPort: https?.port,
      workers,
      resetAdminToken: this.#options.resetAdminToken,
      adminTokenDraft: data.firstStart(draftName, () => makeSecret('acm_')),
    }
    await (workers === 0 ? this.#startHere(setup, sockets) : this.#startParts(setup, sockets))
    this.#announce(setup, http, data)
  }

  /** Nobody asked for a port: then HTTPS is no reason not to start. */
  async #bindHttps(): Promise<BoundSocket | undefined> {
    const {HTTPS_PORT: asked, BIND_ADDRESS: bindAddress} = this.#config
    const {notice} = this.#options
    const wish = {variable: 'HTTPS_PORT', asked, standard: 443, fallback: 8443, bindAddress} as const
    try {
      return await bindPort(wish, notice)
    } catch (error) {
      if (asked !== undefined) throw error
      notice(`HTTPS is off: ${(error as Error).message}; HTTPS_PORT chooses another port`)
      return undefined
    }
  }

  async #startRedis({path, sockets}: DataDirectory): Promise<void> {
    const program = findRedisServer()
    const place = {directory: join(path, 'redis'), socket: sockets.redis}
    await this.#keep('private Redis', this.#others, signal => launchPrivateRedis(program, place, signal))
  }

  async #startParts(setup: Setup, sockets: PublicSockets): Promise<void> {
    await this.#keep('control process', this.#others, signal => this.#launch('control', 0, setup, signal))
    setup.resetAdminToken = false
    const launches = Array.from({length: setup.workers}, (_, worker) =>
      this.#keep(`worker ${worker}`, this.#workers, signal =>
        this.#launch('worker', worker, setup, signal, sockets),
      ),
    )
    const failed = (await Promise.allSettled(launches)).find(result => result.status === 'rejected')
    if (failed) throw failed.reason
  }

  /** WORKERS=0: everything in this process, for tests and tiny machines. */
  async #startHere(setup: Setup, {http, https}: PublicSockets): Promise<void> {
    const [{startControl}, {startWorker}] = await Promise.all([loadControl(), loadWorker()])
    const control = await startControl(setup, this.#log, this.#options.notice)
    this.#adminToken = control.adminToken
    await this.#keep('control', this.#others, async () => hosted(() => control.stop()))
    const worker = await startWorker(setup, 0, {http: http.handle, https: https?.handle}, this.#log)
    await this.#keep('worker', this.#workers, async () => hosted(() => worker.stop()))
  }

  #launch(
    part: PartName,
    worker: number,
    setup: Setup,
    signal: AbortSignal,
    sockets?: PublicSockets,
  ): Promise<Running> {
    return launchPart({
      part,
      worker,
      setup,
      signal,
      ...(sockets && {sockets: [sockets.http, sockets.https].flatMap(one => (one ? [one.handle] : []))}),
      patience: grace + (part === 'worker' ? this.#config.DRAIN_TIMEOUT * 1000 : 0),
      notice: this.#options.notice,
      onAdminToken: token => {
        this.#adminToken = token
      },
    })
  }

  async #keep(
    name: string,
    list: Supervised[],
    launch: (signal: AbortSignal) => Promise<Running>,
  ): Promise<void> {
    if (this.#stopping) throw new Problem('start-failed', 'mcpx was stopped while it started')
    const one = new Supervised(launch, how =>
      this.#log.error({name}, `the ${name} ${how}; starting it again`),
    )
    list.push(one)
    await one.start()
  }

  #announce(setup: Setup, {port}: BoundSocket, data: DataDirectory): void {
    const {print, terminal, version, command, onReady} = this.#options
    const url = localUrl(port)
    onReady({url, previousUrl: data.read('url'), token: this.#adminToken})
    data.writePrivate('url', `${url}\n`)
    print(
      announcement({
        version,
        port,
        httpsPort: setup.httpsPort,
        baseDomain: this.#config.BASE_DOMAIN,
        data: data.path,
        redis: this.#config.REDIS_URL === undefined ? 'private Redis' : withoutSecrets(setup.redis.url),
        command,
        adminToken: this.#presentToken(data, terminal),
      }),
    )
    data.remove(draftName)
  }

  /** On a terminal the new token is shown; otherwise it goes into a file, since what is printed is often kept. */
  #presentToken(data: DataDirectory, terminal: boolean): {shown: string} | {file: string} | undefined {
    if (this.#adminToken === undefined) return undefined
    data.remove('admin-token')
    // Who gave it knows it.
    if (this.#config.ADMIN_TOKEN !== undefined) return undefined
    if (terminal) return {shown: this.#adminToken}
    return {file: data.writePrivate('admin-token', `${this.#adminToken}\n`)}
  }
}

function readConfiguration(environment: Record<string, string | undefined>): Config {
  try {
    return readConfig(environment)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const count = error.errors.length
    throw new Problem(
      'configuration-invalid',
      count === 1 ? 'One variable cannot be used' : `${count} variables cannot be used`,
      {errors: error.errors.map(({variable, reason}) => ({field: variable, reason}))},
    )
  }
}

/** A part in this process, which ends only when it is told to. */
function hosted(stop: () => Promise<void>): Running {
  const {promise: ended, resolve} = Promise.withResolvers<string>()
  return {
    ended,
    async stop() {
      await stop()
      resolve('was stopped')
    },
    kill: () => resolve('was ended'),
  }
}
