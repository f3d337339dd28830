// Two people changed the same record: what each wants, and who decides.
import type {Document} from '../data/client.ts'
import {labelOf, same} from '../data/schema.ts'
import {Value} from './bits.tsx'

export function Conflict({
  mine,
  before,
  theirs,
  onMine,
  onTheirs,
}: {
  mine: Document
  before: Document
  theirs: Document
  onMine: () => void
  onTheirs: () => void
}) {
  const changed = Object.keys({...before, ...theirs}).filter(
    name => !['revision', 'updated_at'].includes(name) && !same(before[name], theirs[name]),
  )
  const names = [...new Set([...changed, ...Object.keys(mine)])]
  return (
    <div class="notice warn" role="alert">
      <strong>Somebody changed this record while you edited it</strong>
      <div class="scroll">
        <table aria-label="Changes">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Theirs, saved</th>
              <th scope="col">Yours</th>
            </tr>
          </thead>
          <tbody>
            {names.map(name => (
              <tr key={name}>
                <th scope="row">{labelOf(name)}</th>
                <td>
                  <Value name={name} value={theirs[name]} />
                </td>
                <td>
                  {name in mine ? (
                    <Value name={name} value={mine[name]} />
                  ) : (
                    <span class="dim">untouched</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="buttons">
        <button type="button" onClick={onMine}>
          Save mine over theirs
        </button>
        <button type="button" onClick={onTheirs}>
          Discard mine
        </button>
      </div>
    </div>
  )
}
