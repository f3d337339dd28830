// A backup of everything as a file, and putting one back.
import {useState} from 'preact/hooks'
import {type BackupEntry, backupOperations} from '../../core/contract/backup.ts'
import {call, type Failure, follow, problemIn} from '../data/client.ts'
import {Problem} from '../parts/bits.tsx'
import {Confirm} from '../parts/dialog.tsx'
import {toast} from '../parts/toasts.tsx'

/** The entries as lines of JSON. Throws an Error when the server stopped midway. */
async function backupText(): Promise<string> {
  const entries: BackupEntry[] = []
  for await (const entry of follow(backupOperations.backup, {})) entries.push(entry)
  if (entries.at(-1)?.noun !== 'end') throw new Error('The server ended the backup midway')
  return `${entries.map(entry => JSON.stringify(entry)).join('\n')}\n`
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], {type: 'application/jsonl'}))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

const entriesIn = (text: string): BackupEntry[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as BackupEntry)

export function Backup() {
  const [problem, setProblem] = useState<Failure['problem']>()
  const [chosen, setChosen] = useState<BackupEntry[]>()
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setProblem(undefined)
    await work().catch(error => setProblem(problemIn(error)))
  }
  const download = () =>
    attempt(async () => save(await backupText(), `mcpx-${new Date().toISOString().slice(0, 10)}.jsonl`))
  const choose = async (file: File | undefined): Promise<void> => {
    if (!file) return
    try {
      setChosen(entriesIn(await file.text()))
    } catch {
      setProblem({
        code: 'usage',
        title: 'This is no backup',
        detail: `${file.name} does not hold lines of JSON.`,
        hint: 'choose a file that was downloaded here; those of `mcpx backup` are put back by `mcpx restore`',
      })
    }
  }
  const restore = (entries: BackupEntry[]) =>
    attempt(async () => {
      setChosen(undefined)
      const {restored, deleted} = await call(backupOperations.restore, {body: {entries}})
      toast(
        `${restored} records restored, ${deleted} deleted. Restart mcpx, so that it takes up the secrets.`,
      )
    })
  return (
    <section class="card" aria-label="Backup">
      <h2>Backup</h2>
      <p class="dim">
        Everything there is, <strong>with its secrets in clear</strong>: keep the file where nobody else reads
        it. <code>mcpx backup</code> writes one that only a passphrase opens.
      </p>
      {problem && <Problem problem={problem} />}
      <div class="buttons">
        <button type="button" onClick={() => void download()}>
          Download a backup
        </button>
        <label class="button file">
          Put one back…
          <input
            class="hidden"
            type="file"
            accept=".jsonl"
            onChange={event => {
              void choose(event.currentTarget.files?.[0])
              event.currentTarget.value = ''
            }}
          />
        </label>
      </div>
      {chosen && (
        <Confirm
          title="Put this backup back?"
          text={`Everything here is replaced by its ${chosen.length - 1} entries; what is not in it is deleted.`}
          typed="restore"
          action="Restore"
          onConfirm={() => void restore(chosen)}
          onClose={() => setChosen(undefined)}
        />
      )}
    </section>
  )
}
