import {serviceAction} from '../../cli/services.ts'
import {serviceOperations} from '../../core/contract/service.ts'

export default serviceAction({
  operation: serviceOperations.start,
  example: ['Start it again', 'mcpx service start tools'],
  done: 'started',
})
