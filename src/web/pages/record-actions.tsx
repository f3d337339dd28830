// The buttons of a record: every operation that needs nothing but its name, and its removal.
import {operations} from '../../core/contract/index.ts'
import type {Operation} from '../../core/operation.ts'
import {call, can, type Document, problemIn} from '../data/client.ts'
import type {Noun} from '../data/nouns.tsx'
import {asField} from '../data/schema.ts'
import {Act} from '../parts/act.tsx'
import {sentence} from '../parts/bits.tsx'
import {toast} from '../parts/toasts.tsx'
import {Removal} from './removal.tsx'

/** Operations such as `route.disable` or `cert.renew`, as far as they make sense for the record now. */
function simple({prefix, key}: Noun, record: Document): Operation[] {
  return operations.filter(({id, method, params, body}) => {
    const [verb, ...more] = id.startsWith(`${prefix}.`) ? id.slice(prefix.length + 1).split('.') : []
    if (verb === undefined || more.length > 0 || method !== 'POST' || body || !can(id)) return false
    if (verb === 'enable') return record['enabled'] === false
    if (verb === 'disable') return record['enabled'] !== false
    if (verb === 'export' || verb === 'test') return false
    if (id === 'cert.promote') return record['staging'] === true
    if (id === 'cert.renew') return record['issuer'] !== 'imported'
    if (id === 'service.start') return record['wanted'] !== 'running' || record['status'] === 'failed'
    if (id === 'service.stop') return record['wanted'] === 'running'
    return Object.keys(asField(params).properties ?? {}).join() === key
  })
}

const labels: Record<string, string> = {'cert.promote': 'Move to production'}
const labelFor = ({id}: Operation): string => labels[id] ?? sentence(id.split('.').at(-1) ?? id)

/** What to say afterwards, by verb. */
const said: Record<string, string> = {
  enable: 'Enabled',
  disable: 'Disabled',
  renew: 'Asked the CA to renew',
  promote: 'Asked the production CA for',
  start: 'Started',
  stop: 'Stopped',
  restart: 'Restarted',
}
const opposite: Record<string, string> = {enable: 'disable', disable: 'enable', start: 'stop', stop: 'start'}

export function Actions({
  noun,
  name,
  record,
  reload,
  onLeave,
}: {
  noun: Noun
  name: string
  record: Document
  reload: () => Promise<void>
  /** Hears when a deletion begins, and when it has failed. */
  onLeave: (isLeaving: boolean) => void
}) {
  const run = async (operation: Operation, query: Document = {}): Promise<void> => {
    const verb = operation.id.split('.').at(-1) ?? ''
    const back = can(`${noun.prefix}.${opposite[verb]}`)
    try {
      await call(operation, {params: {[noun.key]: name}, query})
      toast(`${said[verb] ?? `${labelFor(operation)}: done`} ${noun.heading?.(record) ?? name}`, {
        ...(back && {way: {label: 'Undo', run: () => void run(back)}}),
      })
      await reload()
    } catch (error) {
      const {code, detail} = problemIn(error)
      const anyway = code === 'not-due' && {
        label: 'Renew anyway',
        run: () => void run(operation, {force: true}),
      }
      toast(detail, {tone: 'bad', ...(anyway && {way: anyway})})
    }
  }
  return (
    <>
      {simple(noun, record).map(one => (
        <Act key={one.id} title={one.summary} run={() => run(one)}>
          {labelFor(one)}
        </Act>
      ))}
      <Removal noun={noun} name={name} record={record} onLeave={onLeave} />
    </>
  )
}
