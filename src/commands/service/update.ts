import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../../cli/command.ts'
import {
  type ServiceFlags,
  serviceFields,
  serviceFlags,
  uploadedBuild,
  withBuildContext,
} from '../../cli/service-flags.ts'
import {followService, whereabouts} from '../../cli/services.ts'
import {type Service, serviceOperations} from '../../core/contract/service.ts'
import {Problem} from '../../core/problem.ts'

export default class ServiceUpdate extends McpxCommand {
  static override summary = 'Change a service, and wait until it runs'
  static override description =
    'Its container is replaced when it has to be. What is a list or has keys is replaced as a whole.'
  static override args = {
    service_name: Args.string({required: true, ignoreStdin: true, description: 'name of the service'}),
  }
  static override flags = {
    ...serviceFlags,
    'if-revision': Flags.integer({
      min: 0,
      helpValue: '<number>',
      description: 'only if the record still has this revision',
    }),
  }
  static override baseFlags = commonFlags
  static override examples = [
    {description: 'More memory', command: 'mcpx service update tools --memory 1g'},
    {description: 'A newer image', command: 'mcpx service update shop --image shop:4'},
  ]

  async run(): Promise<void> {
    const {args, flags: given} = await this.parse(ServiceUpdate)
    const flags = withBuildContext(given)
    const output = this.output(flags)
    const fields = serviceFields(flags)
    if (Object.keys(fields).length === 0 && flags.dockerfile === undefined)
      throw new Problem('usage', 'Nothing to change was given.', {
        hint: 'give at least one flag; see `mcpx service update --help`',
      })
    const connection = await this.connect(flags)
    const name = args.service_name
    const ifMatch = flags['if-revision']
    const change = (named: Partial<Service>, query: {dry_run?: boolean} = {}): Promise<Service> =>
      connection.call(
        serviceOperations.update,
        {params: {service_name: name}, query, body: {...fields, ...named, ...instead(flags)}},
        ifMatch === undefined ? {} : {ifMatch},
      )
    await change(await uploadedBuild(connection, flags, named => change(named, {dry_run: true})))
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
