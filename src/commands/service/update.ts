import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../../cli/command.ts'
import {changeFlags, changesList, lossesOf, unsetFields, withVariables} from '../../cli/service-changes.ts'
import {type ServiceFlags, serviceFields, uploadedBuild, withBuildContext} from '../../cli/service-flags.ts'
import {followService, whereabouts} from '../../cli/services.ts'
import {type Service, serviceOperations} from '../../core/contract/service.ts'
import {Problem} from '../../core/problem.ts'

export default class ServiceUpdate extends McpxCommand {
  static override summary = 'Change a service, and wait until it runs'
  static override description =
    'Its container is replaced when it has to be. What is a list or has keys is replaced as a whole; what went away is told.'
  static override args = {
    service_name: Args.string({required: true, ignoreStdin: true, description: 'name of the service'}),
  }
  static override flags = {
    ...changeFlags,
    'if-revision': Flags.integer({
      min: 0,
      helpValue: '<number>',
      description: 'only if the record still has this revision',
    }),
  }
  static override baseFlags = commonFlags
  static override examples = [
    {description: 'More memory', command: 'mcpx service update tools --memory 1g'},
    {description: 'One more variable', command: 'mcpx service update tools --add-env LOG_LEVEL=debug'},
    {description: 'The user of the image again', command: 'mcpx service update tools --unset user'},
    {description: 'A newer image', command: 'mcpx service update shop --image shop:4'},
  ]

  async run(): Promise<void> {
    const {args, flags: given} = await this.parse(ServiceUpdate)
    const flags = withBuildContext(given)
    const output = this.output(flags)
    const set = serviceFields(flags)
    const fields = {...set, ...unsetFields(flags.unset, set)}
    const added = flags['add-env'] ?? []
    if (Object.keys(fields).length === 0 && flags.dockerfile === undefined && added.length === 0)
      throw new Problem('usage', 'Nothing to change was given.', {
        hint: 'give at least one flag; see `mcpx service update --help`',
      })
    const connection = await this.connect(flags)
    const name = args.service_name
    const before =
      added.length > 0 || changesList(fields)
        ? await connection.call(serviceOperations.show, {params: {service_name: name}})
        : undefined
    if (before && added.length > 0) Object.assign(fields, withVariables(before, added))
    // What was added stands beside what was read.
    const ifMatch = flags['if-revision'] ?? (added.length > 0 ? before?.revision : undefined)
    const change = (named: Partial<Service>, query: {dry_run?: boolean} = {}): Promise<Service> =>
      connection.call(
        serviceOperations.update,
        {params: {service_name: name}, query, body: {...fields, ...named, ...instead(flags)}},
        ifMatch === undefined ? {} : {ifMatch},
      )
    const changed = await change(
      await uploadedBuild(connection, flags, named => change(named, {dry_run: true})),
    )
    if (before) for (const line of lossesOf(before, changed)) output.warn(line)
    const service = await followService(connection, output, name)
    if (output.forPrograms) return output.document(service)
    if (output.format === 'name') return output.line(name)
    output.done(`Service ${name} changed`)
    for (const line of whereabouts(service)) output.line(line)
  }
}

/** An image takes the place of a build, and a build that of an image. */
function instead({image, dockerfile}: ServiceFlags): Record<string, null> {
  if (image !== undefined) return {dockerfile_path: null, build_context: null, build_args: null}
  return dockerfile === undefined ? {} : {image: null}
}
