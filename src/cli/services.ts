// What commands about services share: following one until it is where it should be, and commands that do so.
import type {Command} from '@oclif/core'
import type {Connection} from '../core/connect.ts'
import {type ProgressEvent, type Service, serviceOperations} from '../core/contract/service.ts'
import type {Operation} from '../core/operation.ts'
import {Problem} from '../core/problem.ts'
import {type CommonFlags, commonFlags, McpxCommand} from './command.ts'
import {exitCodes} from './exit-codes.ts'
import {argsFor} from './fields.ts'
import {type Output} from './output.ts'
import {printable} from './printable.ts'

/** Print what happens until the service is settled. Throws service-failed with the reason and its last lines. */
export async function followService(connection: Connection, output: Output, name: string): Promise<Service> {
  const params = {service_name: name}
  const interrupted = (): never => {
    output.next(
      `the service ${name} stays and goes on: see \`mcpx service show ${name}\`, or take it away with \`mcpx service delete ${name}\``,
    )
    process.exit(exitCodes.interrupted)
  }
  process.once('SIGINT', interrupted)
  try {
    await output.during(`the service ${name}`, () => tellProgress(connection, output, name))
  } finally {
    process.off('SIGINT', interrupted)
  }
  const service = await connection.call(serviceOperations.show, {params})
  const {status, reason = 'for no known reason', last_lines = []} = service
  if (status !== 'failed' && status !== 'unhealthy') return service
  const log = last_lines.map(line => `\n  ${line}`).join('')
  const what = status === 'failed' ? 'failed' : 'is unhealthy'
  const look = service.container_id === undefined ? '' : `see \`mcpx service logs ${name}\`; `
  throw new Problem('service-failed', `The service ${name} ${what}: ${reason}${log}`, {
    hint: `${look}correct it with \`mcpx service update ${name}\`, or take it away with \`mcpx service delete ${name}\``,
  })
}

async function tellProgress(connection: Connection, output: Output, name: string): Promise<void> {
  let last: ProgressEvent | undefined
  for await (const event of connection.stream(serviceOperations.progress, {params: {service_name: name}})) {
    // How it failed is told once, at the end.
    const failed = event.status === 'failed' || event.status === 'unhealthy'
    if (event.text !== last?.text && !failed) output.note(printable(event.text))
    last = event
  }
}

/** How to reach it, for people. */
export function whereabouts({
  service_name,
  address,
  listens_on,
  port_configs,
  bind_address,
}: Service): string[] {
  const lines = port_configs.map(({name, host, bind = bind_address, protocol = 'tcp', source_token}) => {
    const how = source_token ? ' with a port token' : ''
    return `${name}: ${bind}:${host}/${protocol}${how}`
  })
  if (address !== undefined && listens_on !== undefined)
    lines.push(`instance docker-${service_name}: http://${address}:${listens_on}`)
  return lines
}

/** The ports of a service, as a result. */
export function showPorts({port_configs, bind_address}: Service, output: Output): void {
  if (port_configs.length === 0) return output.note('It has no ports.')
  const rows = port_configs.map(port => ({bind: bind_address, protocol: 'tcp', ...port}))
  output.table(rows, ['name', 'bind', 'host', 'container', 'protocol', 'source_token', 'allowed_sources'])
}

interface Action {
  operation: typeof serviceOperations.start
  example: readonly [intent: string, command: string]
  done: string
}

/** A command that does something to a service and waits for the outcome. */
export function serviceAction({operation, example, done}: Action): Command.Class & {operation: Operation} {
  return class extends McpxCommand {
    static operation: Operation = operation
    static override summary = operation.summary
    static override args = argsFor(['service_name'], [operation.params])
    static override flags = {}
    static override baseFlags = commonFlags
    static override examples = [{description: example[0], command: example[1]}]

    async run(): Promise<void> {
      const {args, flags} = await this.parse(this.ctor as Command.Class)
      const output = this.output(flags as CommonFlags)
      const connection = await this.connect(flags as CommonFlags)
      const name = String(args['service_name'])
      const answered = await connection.call(operation, {params: {service_name: name}})
      const service = answered.wanted === 'running' ? await followService(connection, output, name) : answered
      if (output.forPrograms) return output.document(service)
      if (output.format === 'name') return output.line(name)
      output.done(`Service ${name} ${done}`)
    }
  }
}
