import {operationCommand} from '../cli/operation-command.ts'
import {serviceOperations} from '../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.cleanup,
  examples: [
    ['Take away what deleted services left', 'mcpx cleanup'],
    ['Their volumes too, with the data in them', 'mcpx cleanup --delete-volumes'],
  ],
  confirm: ({delete_volumes}) =>
    delete_volumes ? 'Delete the volumes that no service names any more, with the data in them?' : undefined,
  typed: () => 'delete the data',
  done: ({removed}) => (removed.length === 0 ? 'Nothing was left over' : `Removed ${removed.length}`),
  show({removed, volumes}, output) {
    for (const one of removed) output.line(one)
    for (const one of volumes) output.note(`Left with its data: volume ${one}`)
  },
  next: ({volumes}) =>
    volumes.length === 0
      ? undefined
      : 'look first whether you need the data; `mcpx cleanup --delete-volumes` deletes these volumes',
})
