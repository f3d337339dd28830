// Which routes point at an instance; while there are any, it cannot be deleted.
import {routeOperations} from '../../core/contract/route.ts'
import {all} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {Table} from '../parts/table.tsx'
import {linkTo} from '../router.ts'

export function UsedBy({instance}: {instance: string}) {
  const {data} = useLive(
    async () =>
      (await all(routeOperations.list)).filter(
        ({target_type: type, target_value: value}) => type === 'instance' && value === instance,
      ),
    ['route'],
    [instance],
  )
  if (!data) return null
  return (
    <section class="stack" aria-label="Used by">
      <h2>Routes that lead here</h2>
      {data.length === 0 && (
        <p class="dim">
          None yet. <a href={linkTo('routes', 'new')}>Create a route</a> whose target is this instance, and
          its requests come here.
        </p>
      )}
      {data.length > 0 && (
        <Table
          plain
          label="Routes that lead here"
          rows={data}
          columns={[
            {field: 'path_pattern', label: 'Path'},
            {
              field: 'hosts',
              label: 'Hosts',
              text: ({hosts}) => (hosts as string[] | undefined)?.join(', ') ?? 'all of its owner',
            },
            {field: 'priority', label: 'Priority', end: true},
          ]}
          keyOf={({route_id}) => String(route_id)}
          href={({route_id}) => linkTo('routes', String(route_id))}
        />
      )}
    </section>
  )
}
