import {shellWord} from '../../../cli/hint.ts'
import {operationCommand} from '../../../cli/operation-command.ts'
import {tellSilence, tellUnknownName} from '../../../cli/reachable.ts'
import {protectionOperations} from '../../../core/contract/protection.ts'
import {proxyOperations} from '../../../core/contract/proxy.ts'

export default operationCommand({
  operation: protectionOperations.mcpEnable,
  args: ['hostname', 'endpoint'],
  examples: [
    ['Behind a login, at /mcp', 'mcpx proxy mcp enable mcp.example.com'],
    [
      'At another path, with scopes of its own',
      'mcpx proxy mcp enable api.example.com /tools --scopes tools:use',
    ],
    ['For everybody', 'mcpx proxy mcp enable docs.example.com --public'],
  ],
  done: mcp => `${mcp.resource} is an MCP server${mcp.public ? ' for everybody' : ' behind a login'}`,
  look: async (connection, mcp, output) => {
    const {hostname} = new URL(mcp.resource)
    const {upstream} = await connection.call(proxyOperations.show, {params: {hostname}})
    if (upstream?.healthy === false) tellSilence(hostname, upstream, output)
    else if (mcp.server_info === undefined && !mcp.backend_implements)
      output.warn(`no MCP server answers there so far: \`mcpx proxy test ${hostname}\` says what does`)
    await tellUnknownName(connection, [mcp.resource], output)
  },
  next: ({resource}) => `see it as a client does: \`mcpx resource validate ${shellWord(resource)}\``,
})
