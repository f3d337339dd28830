// The records as one document: a backup to keep, and changes that are shown before they are saved.
import {useState} from 'preact/hooks'
import {call, can, type Document, Failure, problemIn} from '../data/client.ts'
import {labelOf} from '../data/schema.ts'
import {useUnsaved} from '../data/unsaved.ts'
import {Act} from '../parts/act.tsx'
import {Badge, Problem, Prose} from '../parts/bits.tsx'
import {toast} from '../parts/toasts.tsx'

interface Field {
  field: string
  from?: unknown
  to?: unknown
}

interface Plan {
  changes: {action: string; noun: string; key: string; fields: Field[]}[]
  /** Records that have no secret here. */
  skipped: {noun: string; key: string; reason: string; remedy: string}[]
  unchanged: number
}

/** Throws a Failure. */
function documentsIn(text: string): Document {
  try {
    return JSON.parse(text) as Document
  } catch (error) {
    throw new Failure({
      code: 'malformed-json',
      title: 'The text is not JSON',
      detail: (error as Error).message,
      hint: 'mend it, or export the records again; `mcpx apply` takes YAML too',
    })
  }
}

const tones = {create: 'good', update: 'warn', delete: 'bad'} as const

/** What would be written: each field before and after. */
const Changes = ({changes}: Pick<Plan, 'changes'>) => (
  <div class="scroll">
    <table aria-label="Changes">
      <thead>
        <tr>
          <th scope="col">Record</th>
          <th scope="col">Field</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {changes.flatMap(({action, noun, key, fields}) =>
          (fields.length > 0 ? fields : [{field: ''}]).map(({field, from, to}: Field, index) => (
            <tr key={`${noun}/${key}/${field}`}>
              <td>
                {index === 0 && (
                  <>
                    <Badge tone={tones[action as keyof typeof tones]}>{action}</Badge> {noun} {key}
                  </>
                )}
              </td>
              <td>{labelOf(field)}</td>
              <td>{from !== undefined && <code class="was">{JSON.stringify(from)}</code>}</td>
              <td>{to !== undefined && <code class="will">{JSON.stringify(to)}</code>}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  </div>
)

/** What stays out, and why. */
const Skipped = ({skipped}: Pick<Plan, 'skipped'>) => (
  <div class="notice warn">
    <strong>Some are left out</strong>
    <ul>
      {skipped.map(({noun, key, reason, remedy}) => (
        <li key={`${noun}/${key}`}>
          {noun} {key}: {reason}; <Prose text={remedy} />
        </li>
      ))}
    </ul>
  </div>
)

export function Configuration() {
  const [text, setText] = useState('')
  const [saved, setSaved] = useState('')
  useUnsaved(text !== saved)
  const [plan, setPlan] = useState<Plan>()
  const [problem, setProblem] = useState<Failure['problem']>()
  const [exporting, applying] = [can('export'), can('apply')]
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setProblem(undefined)
    try {
      await work()
    } catch (error) {
      setProblem(problemIn(error))
    }
  }
  const load = () =>
    attempt(async () => {
      const found = JSON.stringify(exporting && (await call(exporting)), null, 2)
      setText(found)
      setSaved(found)
      setPlan(undefined)
    })
  const apply = (dry_run: boolean) =>
    attempt(async () => {
      const body = {documents: documentsIn(text), dry_run}
      if (!applying) return
      const found = (await call(applying, {body})) as Plan
      setPlan(dry_run ? found : undefined)
      if (dry_run) return
      setSaved(text)
      toast(`${found.changes.length} ${found.changes.length === 1 ? 'record' : 'records'} changed`)
    })
  return (
    <section class="card" aria-label="Configuration">
      <h2>Configuration</h2>
      <p class="dim">
        Everything as one document: export it, change it here or paste another, and look at what would change
        before it is saved. In a shell: <code>mcpx export</code>, <code>mcpx diff</code>,{' '}
        <code>mcpx apply</code>.
      </p>
      {problem && <Problem problem={problem} />}
      <label class="label" for="documents">
        Records as JSON
      </label>
      <textarea
        id="documents"
        rows={text ? 16 : 3}
        spellcheck={false}
        value={text}
        onInput={event => {
          setText(event.currentTarget.value)
          setPlan(undefined)
        }}
      />
      <div class="buttons">
        <Act run={load}>Export all records</Act>
        {text && (
          <a class="button" download="mcpx.json" href={`data:application/json,${encodeURIComponent(text)}`}>
            Download
          </a>
        )}
        {applying && (
          <Act disabled={text === ''} run={() => apply(true)}>
            Show what would change
          </Act>
        )}
      </div>
      {plan && (
        <>
          <p role="status">
            {plan.changes.length === 0
              ? 'Nothing would change.'
              : `${plan.changes.length} ${plan.changes.length === 1 ? 'record' : 'records'} would change.`}
          </p>
          {plan.skipped.length > 0 && <Skipped skipped={plan.skipped} />}
          {plan.changes.length > 0 && <Changes changes={plan.changes} />}
          {plan.changes.length > 0 && (
            <div class="buttons">
              <Act class="primary" run={() => apply(false)}>
                Save these changes
              </Act>
            </div>
          )}
        </>
      )}
    </section>
  )
}
