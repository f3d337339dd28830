// What a container says about its service. Pure.
import type {Service} from '../../core/contract/service.ts'
import type {Container} from './engine.ts'

/** The fields of a service that come from its container. */
export interface Observation {
  status: Service['status']
  health: Service['health']
  reason?: string
  container_id?: string
  address?: string
}

/** Restarts in a row after which a service counts as failed, though the engine goes on trying. */
const patience = 2
/** Milliseconds a program without port and health check has to run. */
const probation = 1500
/** Milliseconds of running after which earlier restarts are forgiven. */
const settled = 20_000

/** `accepts`: whether something accepts connections where the program should listen. */
export function observe(service: Service, container: Container | undefined, accepts: boolean): Observation {
  if (!container) return {status: 'stopped', health: 'none'}
  const {State: state, Id, RestartCount} = container
  const health = (state.Health?.Status ?? 'none') as Service['health']
  const address = addressOf(container)
  const base = {health, container_id: Id, ...(address !== undefined && {address})}
  if (state.Restarting || (state.Running && looping(container))) {
    if (RestartCount < patience)
      return {...base, status: service.status === 'creating' ? 'creating' : 'restarting'}
    return {
      ...base,
      status: 'failed',
      reason: `${exitReason(service, container)}; started ${RestartCount + 1} times`,
    }
  }
  if (state.Running) return {...base, ...running(service, container, health, accepts)}
  if (state.Status === 'created') return {...base, status: 'creating'}
  if (service.wanted === 'stopped') return {...base, health: 'none', status: 'stopped'}
  return {...base, health: 'none', status: 'failed', reason: exitReason(service, container)}
}

function running(
  service: Service,
  {State: state}: Container,
  health: Service['health'],
  accepts: boolean,
): Pick<Observation, 'status' | 'reason'> {
  if (health === 'unhealthy') {
    const said = state.Health?.Log?.at(-1)?.Output?.trim().slice(0, 500)
    return {status: 'unhealthy', reason: `its health check fails${said ? `: ${said}` : ''}`}
  }
  if (health === 'starting') return {status: service.status === 'creating' ? 'creating' : 'running'}
  const age = Date.now() - Date.parse(state.StartedAt)
  // Without a port or a health check, what goes on running counts as up.
  const unknown = service.listens_on === undefined && health === 'none'
  if (unknown && age < probation && service.status === 'creating') return {status: 'creating'}
  if (accepts || health === 'healthy') return {status: 'running'}
  if (age < 30_000 && service.status === 'creating') return {status: 'creating'}
  return {status: 'unhealthy', reason: `nothing accepts connections on its port ${service.listens_on}`}
}

const looping = ({State, RestartCount}: Container): boolean =>
  RestartCount > 0 && Date.now() - Date.parse(State.StartedAt) < settled

function exitReason(service: Service, {State: state}: Container): string {
  if (state.OOMKilled) return `it was ended for using more memory than its limit of ${service.memory_limit}`
  if (state.Error) return state.Error
  return `it ended with exit code ${state.ExitCode}`
}

/** What does not run has none: the engine gives it to the next container. */
function addressOf({State: state, NetworkSettings, HostConfig}: Container): string | undefined {
  if (!state.Running || state.Restarting) return undefined
  if (HostConfig.NetworkMode === 'host') return '127.0.0.1'
  const networks = Object.values(NetworkSettings.Networks ?? {})
  return networks.map(({IPAddress}) => IPAddress).find(Boolean)
}
