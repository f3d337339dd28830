import {operationCommand} from '../../cli/operation-command.ts'
import {routeOperations} from '../../core/contract/route.ts'

export default operationCommand({
  operation: routeOperations.create,
  args: ['path_pattern', 'target_type', 'target_value'],
  examples: [
    ['Everything below /mcp to an instance', 'mcpx route create /mcp instance backend'],
    [
      'One host, one method, before other routes',
      'mcpx route create /upload port 4000 --hosts app.example.com --methods POST --priority 60',
    ],
    ['A regular expression', "mcpx route create '/v[0-9]+/.*' url http://10.0.0.5:8080 --is-regex"],
  ],
  done: ({route_id}) => `Route ${route_id} created`,
  next: () => 'watch requests arrive: `mcpx logs -f`',
})
