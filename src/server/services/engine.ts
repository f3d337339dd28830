// The container engine: how it is reached, which one it is, and its failures as problems.
import {existsSync} from 'node:fs'
import {Agent} from 'node:http'
import {hostname} from 'node:os'
import {inspect} from 'node:util'
import Docker from 'dockerode'
import type {Config} from '../../core/config.ts'
import {Problem} from '../../core/problem.ts'

export type Container = Docker.ContainerInspectInfo

/** Labels of what mcpx makes. Nothing without them is ever touched. */
export const labels = {
  installation: 'mcpx.installation',
  service: 'mcpx.service',
  owner: 'mcpx.owner',
  config: 'mcpx.config',
} as const

const away = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'EACCES',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
])

/**
 * An engine that ends stops listening first, then stops its containers; over a connection from before, one could still
 * be started, and outlive it. So each question has a connection of its own.
 */
class SingleUse extends Agent {
  constructor() {
    super({keepAlive: false})
  }

  // docker-modem prints what it sends for its log with all that hangs on it, though nobody reads that log: with dozens of
  // connections open, that took most of a second of CPU for each question.
  [inspect.custom](): string {
    return 'SingleUse'
  }
}

export class Engine {
  readonly docker: Docker
  readonly #host: string

  constructor({DOCKER_HOST, DOCKER_API_VERSION}: Config) {
    this.#host = DOCKER_HOST
    const version = `v${DOCKER_API_VERSION}`
    const url = new URL(DOCKER_HOST)
    this.docker =
      url.protocol === 'unix:'
        ? new Docker({socketPath: url.pathname, version})
        : new Docker({protocol: 'http', host: url.hostname, port: Number(url.port), version})
    Object.assign(this.docker.modem, {agent: new SingleUse()})
  }

  /** Whether it runs on this machine, so that its ports are ours. */
  get local(): boolean {
    return this.#host.startsWith('unix:')
  }

  /** Its id, which differs between machines. Throws engine-unavailable. */
  async id(): Promise<string> {
    return (await this.info()).ID
  }

  /** Throws engine-unavailable. */
  info(): Promise<{ID: string; NCPU: number}> {
    return this.call(() => this.docker.info())
  }

  /** Ask it something. Throws engine-unavailable when it does not answer; its refusals pass as they are. */
  async call<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw this.#problem(error) ?? error
    }
  }

  /** As `call`; undefined for what it does not have. */
  async find<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.call(ask)
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw error
    }
  }

  /** The container mcpx itself runs in, with a network of its own; undefined when it runs in none, or in the host's network. */
  async own(): Promise<Container | undefined> {
    if (!existsSync('/.dockerenv')) return undefined
    // With the network of the host, a container has its name too, and the engine no container of that name.
    const own = await this.find(() => this.docker.getContainer(hostname()).inspect())
    return own?.HostConfig.NetworkMode === 'host' ? undefined : own
  }

  /**
   * Have mcpx, where it runs in a container, join the default network at once. Engines publish ports through the network
   * of a container whose name comes first; a join that changes which one that is cuts every open connection. After this
   * one, those of services come later.
   */
  async joinDefault(): Promise<void> {
    // One that has no such network needs none.
    await this.#joinNetwork('bridge').catch(() => {})
  }

  /** Have mcpx, where it runs in a container, join the network of another one; whether it had to. */
  join({NetworkSettings}: Container): Promise<boolean> {
    return this.#joinNetwork(Object.keys(NetworkSettings.Networks)[0] ?? 'bridge')
  }

  async #joinNetwork(network: string): Promise<boolean> {
    // A join that was refused leaves an entry without an address.
    const hasJoined = (own: Container | undefined): boolean => {
      const {IPAddress, GlobalIPv6Address} = own?.NetworkSettings.Networks[network] ?? {}
      return Boolean(IPAddress) || Boolean(GlobalIPv6Address)
    }
    const own = await this.own()
    if (!own || hasJoined(own)) return false
    try {
      await this.call(() => this.docker.getNetwork(network).connect({Container: own.Id}))
    } catch (error) {
      // For another service at the same time.
      if (statusOf(error) === undefined || !hasJoined(await this.own()))
        throw new Error(
          `mcpx runs in a container and cannot join the network \`${network}\` to reach the service (${engineText(error)}); run it in the network of the host, or in \`bridge\``,
        )
    }
    return true
  }

  #problem(error: unknown): Problem | undefined {
    const {code = ''} = error as {code?: string}
    if (!away.has(code)) return undefined
    const why: Record<string, string> = {
      ENOENT: 'there is no such socket',
      ECONNREFUSED: 'nobody listens there',
      EACCES: 'this user may not use it',
    }
    return new Problem('engine-unavailable', `No container engine at ${this.#host}: ${why[code] ?? code}`, {
      cause: error,
      ...(code === 'EACCES' && {
        hint: 'run mcpx as a member of the group of the socket (mostly `docker`), or set DOCKER_HOST',
      }),
    })
  }
}

/** HTTP status of a refusal of the engine. */
export const statusOf = (error: unknown): number | undefined => (error as {statusCode?: number}).statusCode

export const isBeingRemoved = (error: unknown): boolean =>
  statusOf(error) === 409 && /marked for removal|already in progress/.test(engineText(error))

/** 304: it is that way already; 404: it is gone. */
export function unlessDone(error: unknown): void {
  const status = statusOf(error)
  if (status !== 304 && status !== 404) throw error
}

/** What a refusal of the engine says, for people. */
export function engineText(error: unknown): string {
  const {json, message} = error as {json?: {message?: string}; message: string}
  return json?.message ?? message.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim()
}
