// The records as one document: a backup to keep, and changes that are shown before they are saved.
import {useState} from 'preact/hooks'
import {call, can, type Document, type Failure, problemIn} from '../data/client.ts'
import {Badge, Problem} from '../parts/bits.tsx'
import {toast} from '../parts/toasts.tsx'

interface Plan {
  changes: {
    action: string
    noun: string
    key: string
    fields: {field: string; from?: unknown; to?: unknown}[]
  }[]
  unchanged: number
}

export function Configuration() {
  const [text, setText] = useState('')
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
      if (exporting) setText(JSON.stringify(await call(exporting), null, 2))
      setPlan(undefined)
    })
  const apply = (dry_run: boolean) =>
    attempt(async () => {
      const body = {documents: JSON.parse(text) as Document, dry_run}
      if (!applying) return
      const found = (await call(applying, {body})) as Plan
      setPlan(dry_run ? found : undefined)
      if (!dry_run) toast(`${found.changes.length} records changed`)
    })
  return (
    <section class="card" aria-label="Configuration">
      <h2>Backup and configuration</h2>
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
        <button type="button" onClick={() => void load()}>
          Export all records
        </button>
        {text && (
          <a class="button" download="mcpx.json" href={`data:application/json,${encodeURIComponent(text)}`}>
            Download
          </a>
        )}
        {applying && text && (
          <button type="button" onClick={() => void apply(true)}>
            Show what would change
          </button>
        )}
      </div>
      {plan && (
        <>
          <p role="status">
            {plan.changes.length === 0
              ? 'Nothing would change.'
              : `${plan.changes.length} records would change.`}
          </p>
          <ul class="lines">
            {plan.changes.map(({action, noun, key, fields}) => (
              <li key={`${noun}/${key}`}>
                <Badge tone={action === 'delete' ? 'bad' : action === 'create' ? 'good' : 'warn'}>
                  {action}
                </Badge>
                <span class="cut">
                  {noun} {key}{' '}
                  <span class="dim">
                    {fields
                      .map(({field, from, to}) => `${field}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`)
                      .join(', ')}
                  </span>
                </span>
              </li>
            ))}
          </ul>
          {plan.changes.length > 0 && (
            <div class="buttons">
              <button type="button" class="primary" onClick={() => void apply(false)}>
                Save these changes
              </button>
            </div>
          )}
        </>
      )}
    </section>
  )
}
