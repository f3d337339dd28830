// What people agreed to: of one client or one user, each with its end.
import {useState} from 'preact/hooks'
import {all, call, can, type Document} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {grantColumns} from '../data/nouns.tsx'
import {Problem} from '../parts/bits.tsx'
import {Confirm} from '../parts/dialog.tsx'
import {Table} from '../parts/table.tsx'
import {attempt, toast} from '../parts/toasts.tsx'
import {linkTo} from '../router.ts'

/** Of whom: `client_id` or `user`. */
export function Grants({of}: {of: {client_id: string} | {user: string}}) {
  const [ending, setEnding] = useState<Document>()
  const [list, revoke] = [can('oauth.session.list'), can('oauth.session.revoke')]
  const {data, problem, reload} = useLive(
    async () => (list ? all(list, {query: of}) : []),
    [],
    [JSON.stringify(of)],
    5,
  )
  const end = ({id}: Document): Promise<void> => {
    setEnding(undefined)
    return attempt(async () => {
      if (revoke) await call(revoke, {params: {id}})
      toast('Revoked, with every token of it')
      await reload()
    })
  }
  if (problem && !data) return <Problem problem={problem} />
  if (data?.length === 0) {
    return (
      <p class="dim">
        {'user' in of ? `${of.user} agrees to nothing now.` : 'Nobody has agreed to this client yet.'} What
        people allow at the login stands here, and can be revoked.
      </p>
    )
  }
  return (
    <>
      {data && (
        <Table
          plain
          label="Grants"
          rows={data}
          columns={grantColumns.filter(({field}) => !(field in of))}
          keyOf={({id}) => String(id)}
          href={({id}) => linkTo('oauth-sessions', String(id))}
          actions={grant => (
            <button type="button" class="small danger" onClick={() => setEnding(grant)}>
              Revoke
            </button>
          )}
        />
      )}
      {ending && (
        <Confirm
          title={`Revoke what ${ending['user']} agreed to?`}
          text={`${ending['client_name'] ?? ending['client_id']} is refused from then on, until somebody logs in again. This cannot be undone.`}
          typed={String(ending['user'])}
          action="Revoke"
          onConfirm={() => void end(ending)}
          onClose={() => setEnding(undefined)}
        />
      )}
    </>
  )
}
