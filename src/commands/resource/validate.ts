import {operationCommand} from '../../cli/operation-command.ts'
import {showProbe} from '../../cli/probe.ts'
import {tellUnknownName} from '../../cli/reachable.ts'
import {resourceOperations} from '../../core/contract/resource.ts'

export default operationCommand({
  operation: resourceOperations.validate,
  args: ['uri'],
  examples: [
    ['The discovery of a client, step by step', 'mcpx resource validate https://api.example.com/mcp'],
    [
      'And a call with an access token',
      'mcpx resource validate https://api.example.com/mcp --token "$TOKEN"',
    ],
  ],
  show: showProbe,
  look: (connection, {url}, output) => tellUnknownName(connection, [url], output),
  failed: ({ok}) => !ok,
})
