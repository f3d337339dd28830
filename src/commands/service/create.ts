import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../../cli/command.ts'
import {tellUnknownName} from '../../cli/reachable.ts'
import {serviceFields, serviceFlags, uploadedBuild, withBuildContext} from '../../cli/service-flags.ts'
import {Publication, withEndpoint} from '../../cli/service-publication.ts'
import {followService, whereabouts} from '../../cli/services.ts'
import {clientSnippets} from '../../cli/snippets.ts'
import {isHostname} from '../../core/contract/fields.ts'
import {type Service, serviceOperations} from '../../core/contract/service.ts'
import {Problem} from '../../core/problem.ts'

const {create} = serviceOperations

export default class ServiceCreate extends McpxCommand {
  static override summary = 'Create a service, and wait until it runs'
  static override description =
    'Confined unless told otherwise: read-only root, no capabilities, no new privileges, ports on 127.0.0.1.'
  static override args = {
    service_name: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'name of the service: a-z, 0-9, `_` and `-`, at most 63',
    }),
  }
  static override flags = {
    ...serviceFlags,
    proxy: Flags.string({helpValue: '<hostname>', description: 'create a proxy for it under this hostname'}),
    mcp: Flags.string({
      dependsOn: ['proxy'],
      helpValue: '[/path]',
      description: 'publish it there as an MCP server behind a login [default path: /mcp]',
    }),
  }
  static override baseFlags = commonFlags
  static override examples = [
    {
      description: 'An image, under a hostname',
      command: 'mcpx service create shop --image shop:3 --proxy shop.example.com',
    },
    {
      description: 'An MCP server behind a login, ready for clients',
      command: 'mcpx service create tools --image tools:1 --proxy tools.example.com --mcp',
    },
    {
      description: 'From the Dockerfile of this directory',
      command: 'mcpx service create tools --dockerfile . --memory 256m',
    },
    {
      description: 'A port on this machine',
      command: 'mcpx service create cache --image redis:8 --publish 16379:6379',
    },
  ]

  async run(): Promise<void> {
    const {args, flags: given} = await this.parse(ServiceCreate, withEndpoint(this.argv))
    const flags = withBuildContext(given)
    const output = this.output(flags)
    if (flags.image === undefined && flags.dockerfile === undefined)
      throw new Problem('usage', 'Neither an image nor a Dockerfile was given.', {
        hint: 'give `--image IMAGE` or `--dockerfile PATH`',
      })
    // Once the service runs it would be late to say so.
    if (flags.proxy !== undefined && !isHostname(flags.proxy))
      throw new Problem('usage', `--proxy ${flags.proxy} is not a hostname.`, {
        hint: 'write it in lower case, without scheme and port, e.g. `--proxy shop.example.com`',
      })
    if (flags.mcp !== undefined && /[\s?#]/.test(flags.mcp))
      throw new Problem('usage', `--mcp ${flags.mcp} is not the path of an endpoint.`, {
        hint: 'write e.g. `--mcp /tools`',
      })
    const fields = serviceFields(flags)
    const connection = await this.connect(flags)
    const name = args.service_name
    const whole = (named: Partial<Service>): Service => ({...fields, ...named, service_name: name}) as Service
    const check = (named: Partial<Service>): Promise<unknown> =>
      connection.call(create, {query: {dry_run: true}, body: whole(named)})
    await connection.call(create, {body: whole(await uploadedBuild(connection, flags, check)), query: {}})
    const published = new Publication(connection, output, {
      service: name,
      hostname: flags.proxy,
      endpoint: flags.mcp,
    })
    const service = await published.orSayWhatStands(() => followService(connection, output, name))
    const mcp = await published.publish()
    if (output.forPrograms) return output.document(service)
    if (output.format === 'name') return output.line(name)
    output.done(`Service ${name} runs`)
    for (const line of whereabouts(service)) output.line(line)
    if (flags.proxy !== undefined) output.line(`proxy ${flags.proxy}`)
    else output.next(`put a name in front: \`mcpx service proxy create ${name} HOST\``)
    if (mcp === undefined) return
    output.line(`MCP server ${mcp.resource}`)
    if (mcp.server_info === undefined)
      output.next(
        `no MCP server answers there so far; say where it is: \`mcpx proxy mcp enable ${flags.proxy} /PATH\``,
      )
    for (const line of clientSnippets([{name, url: mcp.resource}])) output.note(line)
    await tellUnknownName(connection, [mcp.resource], output)
  }
}
