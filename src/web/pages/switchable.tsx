// A part of a record that is switched on with settings and off again: `proxy.auth`, `proxy.mcp`.
import {call, can, type Document} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {Badge, Problem} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {attempt, toast} from '../parts/toasts.tsx'

export function Switchable({
  id,
  params,
  off,
  featured,
}: {
  id: string
  params: Document
  off: string
  featured?: readonly string[]
}) {
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
      if (disable) await call(disable, {params})
      toast('Switched off')
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
          <button type="button" class="small" onClick={() => void end()}>
            Switch off
          </button>
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
          toast('Saved')
          void reload()
        }}
      />
    </>
  )
}
