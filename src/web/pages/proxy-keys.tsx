// Keys that open a proxy for machines.
import {useState} from 'preact/hooks'
import {all, call, can, type Document} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {Ago, Problem} from '../parts/bits.tsx'
import {Confirm, Dialog} from '../parts/dialog.tsx'
import {Form} from '../parts/form.tsx'
import {Secret} from '../parts/secret.tsx'
import {Table} from '../parts/table.tsx'
import {attempt, toast} from '../parts/toasts.tsx'
import {secretIn} from './new-record.tsx'

export function Keys({hostname}: {hostname: string}) {
  const [making, setMaking] = useState(false)
  const [secret, setSecret] = useState<string>()
  const [revoked, setRevoked] = useState<string>()
  const [list, create, revoke] = [can('proxy.key.list'), can('proxy.key.create'), can('proxy.key.revoke')]
  const params = {hostname}
  const {data, problem, reload} = useLive(
    async () => (list ? all(list, {params}) : []),
    ['key', 'proxy-key', 'proxyKey'],
    [hostname],
  )
  const end = (name: string): Promise<void> => {
    setRevoked(undefined)
    return attempt(async () => {
      if (revoke) await call(revoke, {params: {hostname, name}})
      toast(`Revoked key ${name}`)
      await reload()
    })
  }
  const made = (result: Document): void => {
    setMaking(false)
    setSecret(secretIn(result))
    void reload()
  }
  return (
    <>
      <p class="dim">A key is a bearer secret that opens this proxy for a machine, beside logins.</p>
      {problem && <Problem problem={problem} />}
      {secret !== undefined && <Secret secret={secret} onDone={() => setSecret(undefined)} />}
      {data && data.length > 0 && (
        <Table
          plain
          label="Keys"
          rows={data}
          columns={[
            {field: 'name', label: 'Name'},
            {
              field: 'created_at',
              label: 'Created',
              show: ({created_at: time}) => <Ago time={String(time)} />,
            },
          ]}
          keyOf={({name}) => String(name)}
          actions={({name}) => (
            <button type="button" class="small danger" onClick={() => setRevoked(String(name))}>
              Revoke
            </button>
          )}
        />
      )}
      <div class="buttons">
        <button type="button" onClick={() => setMaking(true)}>
          New key
        </button>
      </div>
      {making && create && (
        <Dialog label="New key" onClose={() => setMaking(false)}>
          <h2>New key</h2>
          <Form
            operation={create}
            submit="Create"
            params={params}
            onDone={made}
            onCancel={() => setMaking(false)}
          />
        </Dialog>
      )}
      {revoked !== undefined && (
        <Confirm
          title={`Revoke key ${revoked}?`}
          text="Whoever uses it is refused from then on."
          typed={revoked}
          action="Revoke"
          onConfirm={() => void end(revoked)}
          onClose={() => setRevoked(undefined)}
        />
      )}
    </>
  )
}
