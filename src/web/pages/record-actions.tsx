// The buttons of a record: every operation that needs nothing but its name, and deletion.
import {useState} from 'preact/hooks'
import {operations} from '../../core/contract/index.ts'
import type {Operation} from '../../core/operation.ts'
import {call, can, type Document, problemIn} from '../data/client.ts'
import type {Noun} from '../data/nouns.tsx'
import {asField} from '../data/schema.ts'
import {sentence} from '../parts/bits.tsx'
import {Confirm} from '../parts/dialog.tsx'
import {toast} from '../parts/toasts.tsx'
import {go, linkTo} from '../router.ts'

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
    if (id === 'service.start') return record['wanted'] !== 'running'
    if (id === 'service.stop') return record['wanted'] === 'running'
    return Object.keys(asField(params).properties ?? {}).join() === key
  })
}

const labels: Record<string, string> = {'cert.promote': 'Move to production'}
const labelFor = ({id}: Operation): string => labels[id] ?? sentence(id.split('.').at(-1) ?? id)

export function Actions({
  noun,
  name,
  record,
  reload,
}: {
  noun: Noun
  name: string
  record: Document
  reload: () => Promise<void>
}) {
  const [asking, setAsking] = useState(false)
  const params = {[noun.key]: name}
  const run = async (operation: Operation, query: Document = {}): Promise<void> => {
    try {
      await call(operation, {params, query})
      toast(`${labelFor(operation)}: ${operation.status === 202 ? 'begun' : 'done'}`)
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
  const remove = can(`${noun.prefix}.delete`) ?? can(`${noun.prefix}.revoke`)
  const verb = remove?.id.endsWith('.revoke') ? 'Revoke' : 'Delete'
  const shown = noun.heading?.(record) ?? name
  const erase = async (): Promise<void> => {
    setAsking(false)
    if (!remove) return
    try {
      await call(remove, {params, ...(noun.restorable && {ifMatch: record['revision'] as number})})
      toast(`${verb}d ${noun.one} ${shown}`, {
        ...(noun.restorable && {way: {label: 'Undo', run: () => void restore(noun, record)}}),
      })
      go(linkTo(noun.path))
    } catch (error) {
      toast(problemIn(error).detail, {tone: 'bad'})
    }
  }
  return (
    <>
      {simple(noun, record).map(one => (
        <button key={one.id} type="button" title={one.summary} onClick={() => void run(one)}>
          {labelFor(one)}
        </button>
      ))}
      {remove && (
        <button
          type="button"
          class="danger"
          onClick={() => (noun.restorable ? void erase() : setAsking(true))}
        >
          {verb}
        </button>
      )}
      {asking && (
        <Confirm
          title={`${verb} ${noun.one} ${shown}?`}
          text={`${sentence(remove?.summary ?? '')}. This cannot be undone.`}
          typed={noun.heading ? verb.toLowerCase() : name}
          action={verb}
          onConfirm={() => void erase()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}

/** Make a deleted record again, as it was. */
async function restore(noun: Noun, record: Document): Promise<void> {
  const create = can(noun.create)
  if (!create) return
  const known = Object.keys(asField(create.body).properties ?? {})
  const body = Object.fromEntries(Object.entries(record).filter(([name]) => known.includes(name)))
  try {
    await call(create, {body})
    toast(`${sentence(noun.one)} ${record[noun.key]} is back`)
    go(linkTo(noun.path, String(record[noun.key])))
  } catch (error) {
    toast(problemIn(error).detail, {tone: 'bad'})
  }
}
