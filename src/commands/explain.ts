import {showExplanation} from '../cli/explanation.ts'
import {operationCommand} from '../cli/operation-command.ts'
import {explainOperations} from '../core/contract/explain.ts'

export default operationCommand({
  operation: explainOperations.explain,
  args: ['url'],
  letters: {method: 'X'},
  examples: [
    ['What serves a page?', 'mcpx explain https://app.example.com/mcp'],
    ['And a POST?', 'mcpx explain https://app.example.com/mcp --method POST'],
  ],
  show: showExplanation,
})
