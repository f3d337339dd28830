import {operationCommand} from '../../cli/operation-command.ts'
import {resourceOperations} from '../../core/contract/resource.ts'

export default operationCommand({
  operation: resourceOperations.autoRegister,
  examples: [
    ['Find MCP servers behind every proxy', 'mcpx resource auto-register'],
    ['Behind one', 'mcpx resource auto-register --hostname api.example.com'],
  ],
  show: ({looked_at, registered}, output) => {
    for (const {uri} of registered) output.line(uri)
    output.note(`${looked_at} proxies looked at, ${registered.length} MCP servers published.`)
  },
})
