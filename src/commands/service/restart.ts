import {serviceAction} from '../../cli/services.ts'
import {serviceOperations} from '../../core/contract/service.ts'

export default serviceAction({
  operation: serviceOperations.restart,
  example: ['Restart it', 'mcpx service restart tools'],
  done: 'restarted',
})
