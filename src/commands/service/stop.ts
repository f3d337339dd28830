import {serviceAction} from '../../cli/services.ts'
import {serviceOperations} from '../../core/contract/service.ts'

export default serviceAction({
  operation: serviceOperations.stop,
  example: ['Stop it, keeping it', 'mcpx service stop tools'],
  done: 'stopped',
})
