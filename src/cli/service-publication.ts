// What `service create` does once the service runs: a proxy in front, a login for it, and the MCP server behind it.
import type {Connection} from '../core/connect.ts'
import {protectionOperations} from '../core/contract/protection.ts'
import {serviceOperations} from '../core/contract/service.ts'
import type {Output as Result} from '../core/operation.ts'
import type {Output} from './output.ts'

const {mcpEnable} = protectionOperations
type Mcp = Result<typeof mcpEnable>

interface Wish {
  service: string
  hostname: string | undefined
  endpoint: string | undefined
}

interface Step {
  /** What stands once it is done. */
  stands: string
  /** The command that does it later. */
  later: string
  run: () => Promise<unknown>
}

export class Publication {
  readonly #connection: Connection
  readonly #output: Output
  readonly #wish: Wish
  readonly #steps: Step[]
  readonly #done: string[]

  constructor(connection: Connection, output: Output, wish: Wish) {
    this.#connection = connection
    this.#output = output
    this.#wish = wish
    this.#steps = this.#planned()
    this.#done = [`service ${wish.service}`]
  }

  /** Make what was asked for; answers the MCP server if there is one now. */
  async publish(): Promise<Mcp | undefined> {
    let result: unknown
    while (this.#steps[0]) {
      const {run, stands} = this.#steps[0]
      result = await this.orSayWhatStands(run)
      this.#done.push(stands)
      this.#steps.shift()
    }
    return this.#wish.endpoint === undefined ? undefined : (result as Mcp)
  }

  /** The problem stays what it is; beside it stands what was made and what was not. */
  async orSayWhatStands<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (this.#wish.hostname !== undefined) this.#tell()
      throw error
    }
  }

  #tell(): void {
    this.#output.note(`What stands: ${this.#done.join(', ')}.`)
    for (const {later} of this.#steps) this.#output.next(`still to do: \`${later}\``)
  }

  /** What is to be an MCP server has its login from the first moment: whatever fails, it never stands open. */
  #planned(): Step[] {
    const {service, hostname, endpoint} = this.#wish
    if (hostname === undefined) return []
    const call = this.#connection.call
    const create = `mcpx service proxy create ${service} ${hostname}`
    const proxy = (login: boolean) => () =>
      call(serviceOperations.proxyCreate, {
        params: {service_name: service},
        body: {hostname, protected: login},
      })
    if (endpoint === undefined) return [{stands: `proxy ${hostname}`, later: create, run: proxy(false)}]
    const mcp = {
      stands: `MCP server at ${hostname}${endpoint}`,
      later: `mcpx proxy mcp enable ${hostname} ${endpoint}`,
      run: () => call(mcpEnable, {params: {hostname}, body: {endpoint}}),
    }
    const stands = `proxy ${hostname} with a login`
    return [{stands, later: `${create} --protected`, run: proxy(true)}, mcp]
  }
}

/** `--mcp` alone means `/mcp`. */
export function withEndpoint(words: readonly string[]): string[] {
  return words.flatMap((word, index) =>
    word === '--mcp' && !words[index + 1]?.startsWith('/') ? ['--mcp', '/mcp'] : [word],
  )
}
