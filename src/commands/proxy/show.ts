import {coverageWords, tellUncovered} from '../../cli/follow-certificate.ts'
import {operationCommand} from '../../cli/operation-command.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.show,
  args: ['hostname'],
  examples: [['One proxy, and whether its upstream answers', 'mcpx proxy show app.example.com']],
  show: ({upstream, coverage, ...record}, output) => {
    output.details({
      ...record,
      ...(upstream && {upstream: `${upstream.healthy ? 'answers' : 'does not answer'} (${upstream.detail})`}),
      ...(coverage && {served_with: coverageWords(coverage)}),
    })
    tellUncovered(coverage, output)
  },
})
