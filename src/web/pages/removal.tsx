// The button that deletes or revokes a record: with a way back where there is one, else after its name was typed.
import {useState} from 'preact/hooks'
import {all, call, can, type Document} from '../data/client.ts'
import {applyAll, type Documents, documentOf} from '../data/document.ts'
import {wholeProxy} from '../data/kept.ts'
import type {Noun} from '../data/nouns.tsx'
import {asField, bare} from '../data/schema.ts'
import {Act} from '../parts/act.tsx'
import {Prose, sentence} from '../parts/bits.tsx'
import {Confirm} from '../parts/dialog.tsx'
import {attempt, toast, undoable} from '../parts/toasts.tsx'
import {go, linkTo} from '../router.ts'

interface RemovalProps {
  noun: Noun
  name: string
  record: Document
  onLeave: (isLeaving: boolean) => void
}

export function Removal({noun, name, record, onLeave}: RemovalProps) {
  const [asking, setAsking] = useState<string>()
  const [chosen, setChosen] = useState<Document>({})
  const operation = can(`${noun.prefix}.delete`) ?? can(`${noun.prefix}.revoke`)
  if (!operation) return null
  const verb = operation.id.endsWith('.revoke') ? 'Revoke' : 'Delete'
  const shown = noun.heading?.(record) ?? name
  const options = Object.entries(asField(operation.query).properties ?? {}).filter(
    ([, field]) => bare(field).type === 'boolean',
  )
  const erase = (isUndoable: boolean): Promise<void> => {
    setAsking(undefined)
    return attempt(async () => {
      const kept = isUndoable ? await documentsOf(noun, record) : {}
      onLeave(true)
      try {
        await call(operation, {
          params: {[noun.key]: name},
          query: chosen,
          ...(noun.restorable && {ifMatch: record['revision'] as number}),
        })
      } catch (error) {
        onLeave(false)
        throw error
      }
      const said = `${verb}d ${noun.one} ${shown}`
      if (isUndoable) undoable(said, () => restore(noun, String(record[noun.key]), kept))
      else toast(said)
      go(linkTo(noun.path))
    })
  }
  const begin = async (): Promise<void> => {
    const lost = noun.restorable ? await lostWith(noun, name) : ''
    if (lost === undefined) return erase(true)
    return setAsking(lost)
  }
  return (
    <>
      <Act class="danger" run={begin}>
        {verb}
      </Act>
      {asking !== undefined && (
        <Confirm
          title={`${verb} ${noun.one} ${shown}?`}
          text={`${asking}This cannot be undone.`}
          typed={noun.heading ? verb.toLowerCase() : name}
          action={verb}
          onConfirm={() => void erase(false)}
          onClose={() => setAsking(undefined)}
        >
          {options.map(([option, field]) => (
            <label key={option} class="tick">
              <input
                type="checkbox"
                checked={chosen[option] === true}
                onChange={event => setChosen({...chosen, [option]: event.currentTarget.checked})}
              />
              <span>
                <Prose text={sentence(bare(field).description ?? option)} />
              </span>
            </label>
          ))}
        </Confirm>
      )}
    </>
  )
}

/** What a deletion takes along that nobody can bring back; undefined where it can be undone. */
async function lostWith({prefix, key, one}: Noun, name: string): Promise<string | undefined> {
  const keys = can(`${prefix}.key.list`)
  const held = keys ? await all(keys, {params: {[key]: name}}).catch(() => []) : []
  if (held.length === 0) return undefined
  return `Its ${held.length === 1 ? 'key ends' : `${held.length} keys end`} with this ${one}. `
}

const documentsOf = async (noun: Noun, record: Document): Promise<Documents> =>
  noun.noun === 'proxy' ? wholeProxy(record) : {[noun.prefix]: [documentOf(noun, record)]}

/** Make a deleted record again, as it was: behind its login, where it had one. */
async function restore(noun: Noun, name: string, documents: Documents): Promise<void> {
  await applyAll(documents)
  toast(`${sentence(noun.one)} ${name} is back`)
  go(linkTo(noun.path, name))
}
