import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../cli/command.ts'
import {exitCodes} from '../cli/exit-codes.ts'
import {type Output} from '../cli/output.ts'
import {printable} from '../cli/printable.ts'
import {showProbe} from '../cli/probe.ts'
import {tellUnknownName} from '../cli/reachable.ts'
import {followService} from '../cli/services.ts'
import {clientSnippets} from '../cli/snippets.ts'
import type {Connection} from '../core/connect.ts'
import {oauthOperations} from '../core/contract/oauth.ts'
import {protectionOperations} from '../core/contract/protection.ts'
import {type ProbeReport, resourceOperations} from '../core/contract/resource.ts'
import {serviceOperations} from '../core/contract/service.ts'
import {type DemoStatus, systemOperations} from '../core/contract/system.ts'
import {Problem} from '../core/problem.ts'

const {demoStart, demoRemove} = systemOperations

export default class Demo extends McpxCommand {
  static override summary = 'Run two echo MCP servers behind mcpx, and check that they answer'
  static override description =
    'The server runs them, registers them as instances and publishes them; `--remove` takes all of it away.'
  static override baseFlags = commonFlags
  static override flags = {
    docker: Flags.boolean({description: 'run them as services, built from their Dockerfiles (for admins)'}),
    protected: Flags.boolean({description: 'put them behind a login; an MCP client then logs in by itself'}),
    remove: Flags.boolean({description: 'stop them and remove their records'}),
  }
  static override examples = [
    {description: 'See an MCP server behind mcpx', command: 'mcpx demo'},
    {description: 'The same behind a login', command: 'mcpx demo --protected'},
    {description: 'In containers', command: 'mcpx demo --docker'},
    {description: 'Take it away again', command: 'mcpx demo --remove'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Demo)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    if (flags.remove) {
      await output.during('stopping the servers', () => connection.call(demoRemove, {}))
      return output.done('Demo removed')
    }
    const status = flags.docker
      ? await this.startServices(connection, output)
      : await output.during('starting two MCP servers', () => connection.call(demoStart, {body: {}}))
    if (flags.protected) await this.protect(connection, status)
    if (await isProtected(connection, status)) return this.lookAsClient(connection, status, output)
    const {tryServer} = await import('../cli/try-server.ts')
    const tried = await output.during('calling their tools', () => Promise.all(status.servers.map(tryServer)))
    if (output.forPrograms) return output.document(status)
    if (output.format === 'name') return status.servers.forEach(({name}) => output.line(printable(name)))
    for (const [i, {url, era}] of status.servers.entries()) {
      output.line(printable(url))
      output.done(`${era}: ${tried[i]?.tools.length} tools, \`echo\` answered in ${tried[i]?.ms} ms`)
    }
    for (const line of clientSnippets(status.servers)) output.note(line)
    await tellUnknownName(connection, urlsOf(status), output)
    output.next('watch the requests: `mcpx logs -f`')
    output.next('take it away again: `mcpx demo --remove`')
  }

  /** Send the examples to the server, and wait until what is built from them runs. */
  private async startServices(connection: Connection, output: Output): Promise<DemoStatus> {
    const {exampleContext} = await import('../cli/build-context.ts')
    const known = await connection.call(systemOperations.demoShow, {})
    const archive = known.docker ? undefined : exampleContext()
    const body = archive
      ? await output.during('sending the examples', () =>
          connection.call(serviceOperations.upload, {}, {archive}),
        )
      : {}
    const status = await connection.call(demoStart, {body})
    for (const {name} of status.servers) await followService(connection, output, name)
    return status
  }

  /** Make each a protected resource. */
  private async protect(connection: Connection, {servers}: DemoStatus): Promise<void> {
    for (const {url} of servers) {
      const {hostname} = new URL(url)
      await connection
        .call(resourceOperations.register, {body: {uri: url, proxy_target: hostname}})
        .catch(unlessThere)
      await connection.call(protectionOperations.authEnable, {params: {hostname}, body: {}})
    }
  }

  /** What a client finds before it has logged in. */
  private async lookAsClient(connection: Connection, status: DemoStatus, output: Output): Promise<void> {
    const reports: ProbeReport[] = []
    for (const {url} of status.servers)
      reports.push(await output.during(`looking at ${url}`, () => guarded(connection, url)))
    if (reports.some(({ok}) => !ok)) process.exitCode = exitCodes.failure
    if (output.forPrograms) return output.document({...status, reports})
    if (output.format === 'name') return status.servers.forEach(({name}) => output.line(printable(name)))
    for (const report of reports) {
      output.line(printable(report.url))
      showProbe(report, output)
    }
    for (const line of clientSnippets(status.servers)) output.note(line)
    await tellUnknownName(connection, urlsOf(status), output)
    output.next('see who logged in: `mcpx oauth session list`')
    output.next('take it away again: `mcpx demo --remove`')
  }
}

const urlsOf = ({servers}: DemoStatus): string[] => servers.map(({url}) => url)

/** Whether a login is needed, by the settings of the proxies. */
async function isProtected(connection: Connection, {servers}: DemoStatus): Promise<boolean> {
  const hosts = new Set(servers.map(({url}) => new URL(url).hostname))
  const settings = [...hosts].map(hostname =>
    connection.call(protectionOperations.authShow, {params: {hostname}}),
  )
  return (await Promise.all(settings)).some(({enabled}) => enabled)
}

/** Look until every worker has heard that a login is needed, which takes a moment. */
async function guarded(connection: Connection, url: string): Promise<ProbeReport> {
  const end = Date.now() + 5000
  for (;;) {
    const report = await connection.call(oauthOperations.test, {body: {url}})
    if (report.ok || Date.now() > end) return report
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Problem && error.code === 'already-exists')) throw error
}
