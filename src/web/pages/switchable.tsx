// A part of a record that is switched on with settings and off again: `proxy.auth`, `proxy.mcp`.
import {call, can, type Document} from '../data/client.ts'
import {keptPart, partBack} from '../data/kept.ts'
import {useLive} from '../data/live.ts'
import {Act} from '../parts/act.tsx'
import {Badge, Problem} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {attempt, savedOver, toast, undoable} from '../parts/toasts.tsx'

export interface SwitchableProps {
  id: string
  hostname: string
  /** What it is called when it was switched. */
  what: string
  off: string
  featured?: readonly string[]
}

export function Switchable({id, hostname, what, off, featured}: SwitchableProps) {
  const params = {hostname}
  const part = id.slice('proxy.'.length)
  const show = can(`${id}.show`)
  const enable = can(`${id}.enable`)
  const disable = can(`${id}.disable`)
  const {data, problem, reload} = useLive(
    async () => (show ? ((await call(show, {params})) as Document) : {}),
    ['proxy'],
    [id],
  )
  const end = (): Promise<void> =>
    attempt(async () => {
      const back = await keptPart(hostname, part)
      if (disable) await call(disable, {params})
      undoable(`Switched off ${what} of ${hostname}`, async () => {
        await back()
        toast(`Switched on ${what} of ${hostname} again, as it was`)
        await reload()
      })
      await reload()
    })
  if (problem && !data) return <Problem problem={problem} />
  if (!data || !enable) return null
  const on = data['enabled'] === true
  // What is off is open to everybody; switching it on must not keep it so unasked.
  return (
    <>
      <p class="state">
        {on ? <Badge tone="good">on</Badge> : <Badge>off</Badge>}
        {!on && <span class="dim">{off}</span>}
        {on && (
          <Act class="small" run={end}>
            Switch off
          </Act>
        )}
      </p>
      <Form
        key={String(on)}
        operation={enable}
        submit={on ? 'Save' : 'Switch on'}
        params={params}
        hidden={['enabled']}
        featured={featured}
        {...(on ? {record: data} : {start: {...data, public: undefined}})}
        onDone={() => {
          if (on) savedOver(partBack(hostname, part, data), reload)
          else toast('Saved')
          void reload()
        }}
      />
    </>
  )
}
