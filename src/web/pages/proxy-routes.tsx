// Which routes apply to a proxy, first tried first.
import {proxyOperations, routeModes} from '../../core/contract/proxy.ts'
import {call} from '../data/client.ts'
import {keptRoutes} from '../data/kept.ts'
import {useLive} from '../data/live.ts'
import {Act} from '../parts/act.tsx'
import {Problem} from '../parts/bits.tsx'
import {Table} from '../parts/table.tsx'
import {attempt, undoable} from '../parts/toasts.tsx'
import {linkTo} from '../router.ts'
import {targetText} from './routes.tsx'

const {routeList, routeMode, routeEnable, routeDisable} = proxyOperations
const meaning = {
  all: 'All routes apply, but those switched off here',
  selective: 'Only routes switched on here apply',
  none: 'No route applies; everything goes to the target',
}

export function ProxyRoutes({hostname}: {hostname: string}) {
  const params = {hostname}
  const {data, problem, reload} = useLive(() => call(routeList, {params}), ['proxy', 'route'], [hostname])
  const change = (said: string, work: () => Promise<unknown>): Promise<void> =>
    attempt(async () => {
      const back = await keptRoutes(hostname)
      await work()
      undoable(said, async () => {
        await back()
        await reload()
      })
      await reload()
    })
  if (problem) return <Problem problem={problem} />
  if (!data) return null
  const left = data.route_mode === 'all' ? data.disabled_routes : []
  return (
    <>
      <label class="field" for="route-mode">
        <span class="label">Which routes apply</span>
        <select
          id="route-mode"
          value={data.route_mode}
          onChange={event => {
            const route_mode = event.currentTarget.value
            void change('Changed which routes apply', () => call(routeMode, {params, body: {route_mode}}))
          }}
        >
          {routeModes.map(mode => (
            <option key={mode} value={mode}>
              {meaning[mode]}
            </option>
          ))}
        </select>
      </label>
      {data.applicable_routes.length === 0 && <p class="dim">No route applies to this proxy.</p>}
      {data.applicable_routes.length > 0 && (
        <Table
          plain
          label="Routes that apply"
          rows={data.applicable_routes}
          columns={[
            {field: 'path_pattern', label: 'Path'},
            {field: 'target_value', label: 'Goes to', text: targetText},
            {field: 'priority', label: 'Priority', end: true},
          ]}
          keyOf={({route_id}) => String(route_id)}
          href={({route_id}) => linkTo('routes', String(route_id))}
          actions={({route_id, path_pattern}) => (
            <Act
              class="small"
              run={() =>
                change(`Left out ${path_pattern}`, () => call(routeDisable, {params: {hostname, route_id}}))
              }
            >
              Leave out
            </Act>
          )}
        />
      )}
      {left.length > 0 && (
        <section aria-label="Routes left out">
          <h2>Left out</h2>
          <ul class="chips">
            {left.map(route_id => (
              <li key={route_id}>
                <code>{route_id}</code>
                <Act
                  class="small"
                  run={() =>
                    change(`${route_id} applies`, () => call(routeEnable, {params: {hostname, route_id}}))
                  }
                >
                  Let apply
                </Act>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
