import {operationCommand} from '../../cli/operation-command.ts'
import {instanceOperations} from '../../core/contract/instance.ts'

export default operationCommand({
  operation: instanceOperations.register,
  args: ['name', 'target_url'],
  examples: [
    ['A name for a service', 'mcpx instance register backend http://127.0.0.1:4000'],
    [
      'Two of the same, to share the load',
      'mcpx instance register backend http://10.0.0.5:4000 --more-urls http://10.0.0.6:4000',
    ],
  ],
  done: ({name}) => `Instance ${name} registered`,
  next: ({name}) => `send requests to it: \`mcpx route create /mcp instance ${name}\``,
})
