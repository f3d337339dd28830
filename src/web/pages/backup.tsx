// A backup of everything as a file that only its passphrase opens, and putting one back.
import {useState} from 'preact/hooks'
import {type BackupEntry, backupOperations} from '../../core/contract/backup.ts'
import {call, Failure, follow, problemIn} from '../data/client.ts'
import {Problem} from '../parts/bits.tsx'
import {Confirm, Dialog} from '../parts/dialog.tsx'
import {toast} from '../parts/toasts.tsx'

/** Characters of a passphrase: whoever has the file can try as many as they like. */
const least = 12

/** The entries as lines of JSON. Throws a Failure when the server stopped midway. */
async function backupText(): Promise<Blob> {
  const lines: string[] = []
  let isWhole = false
  for await (const entry of follow(backupOperations.backup, {})) {
    isWhole = entry.noun === 'end'
    lines.push(`${JSON.stringify(entry)}\n`)
  }
  if (isWhole) return new Blob(lines)
  throw new Failure({
    code: 'backup-incomplete',
    title: 'The backup is not whole',
    detail: 'The server ended it midway.',
    hint: 'make another',
  })
}

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has yet to take it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

async function download(passphrase: string): Promise<void> {
  const {sealed} = await import('../data/sealed-file.ts')
  save(await sealed(await backupText(), passphrase), `mcpx-${new Date().toISOString().slice(0, 10)}.backup`)
}

async function entriesIn(file: File, passphrase: string): Promise<BackupEntry[]> {
  const {opened} = await import('../data/sealed-file.ts')
  const text = await opened(file, passphrase)
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as BackupEntry)
}

export function Backup() {
  const [problem, setProblem] = useState<Failure['problem']>()
  const [making, setMaking] = useState(false)
  const [file, setFile] = useState<File>()
  const [entries, setEntries] = useState<BackupEntry[]>()
  const [restoring, setRestoring] = useState(false)
  const restore = async (chosen: BackupEntry[]): Promise<void> => {
    setProblem(undefined)
    setEntries(undefined)
    setRestoring(true)
    try {
      const {restored, deleted} = await call(backupOperations.restore, {body: {entries: chosen}})
      toast(
        `${restored} records restored, ${deleted} deleted. Restart mcpx, so that it takes up the secrets.`,
      )
    } catch (error) {
      setProblem(problemIn(error))
    }
    setRestoring(false)
  }
  return (
    <section class="card" aria-label="Backup">
      <h2>Backup</h2>
      <p class="dim">
        Everything there is, with its secrets, in a file that only a passphrase opens. It is encrypted and
        opened here in the browser: the passphrase goes nowhere. In a shell: <code>mcpx backup</code>,{' '}
        <code>mcpx restore</code>; their files and these are the same.
      </p>
      {problem && <Problem problem={problem} />}
      {restoring && <p role="status">Putting it back…</p>}
      <div class="buttons">
        <button type="button" onClick={() => setMaking(true)}>
          Download a backup…
        </button>
        <label class="button file">
          Put one back…
          <input
            class="hidden"
            type="file"
            onChange={event => {
              setFile(event.currentTarget.files?.[0])
              event.currentTarget.value = ''
            }}
          />
        </label>
      </div>
      {making && (
        <Passphrase
          title="Download a backup"
          action="Download"
          isNew
          onClose={() => setMaking(false)}
          onGiven={async passphrase => {
            await download(passphrase)
            setMaking(false)
          }}
        />
      )}
      {file && (
        <Passphrase
          title={`Open ${file.name}`}
          action="Open"
          onClose={() => setFile(undefined)}
          onGiven={async passphrase => {
            setEntries(await entriesIn(file, passphrase))
            setFile(undefined)
          }}
        />
      )}
      {entries && (
        <Confirm
          title="Put this backup back?"
          text={`Everything here is replaced by its ${entries.length - 1} entries; what is not in it is deleted.`}
          typed="restore"
          action="Restore"
          onConfirm={() => void restore(entries)}
          onClose={() => setEntries(undefined)}
        />
      )}
    </section>
  )
}

/** Asks for a passphrase, twice for a new one; what goes wrong with it is said here. */
function Passphrase(props: {
  title: string
  action: string
  isNew?: boolean
  onGiven: (passphrase: string) => Promise<void>
  onClose: () => void
}) {
  const {isNew = false} = props
  const [first, setFirst] = useState('')
  const [again, setAgain] = useState('')
  const [wrong, setWrong] = useState<string>()
  const [problem, setProblem] = useState<Failure['problem']>()
  const [busy, setBusy] = useState(false)
  const go = async (): Promise<void> => {
    setProblem(undefined)
    setWrong(undefined)
    if (isNew && first.length < least) return setWrong(`At least ${least} characters`)
    if (isNew && first !== again) return setWrong('The two are not the same')
    setBusy(true)
    try {
      await props.onGiven(first)
    } catch (error) {
      setProblem(problemIn(error))
      setBusy(false)
    }
  }
  const input = (id: string, label: string, value: string, change: (text: string) => void) => (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      <input
        id={id}
        type="password"
        autocomplete={isNew ? 'new-password' : 'off'}
        aria-invalid={wrong !== undefined}
        aria-describedby={wrong === undefined ? undefined : 'passphrase-error'}
        value={value}
        onInput={event => change(event.currentTarget.value)}
      />
    </div>
  )
  return (
    <Dialog label={props.title} onClose={props.onClose}>
      <form
        class="form"
        onSubmit={event => {
          event.preventDefault()
          void go()
        }}
      >
        <h2>{props.title}</h2>
        {isNew && (
          <p class="dim">Keep the passphrase where you find it again: without it nobody opens the file.</p>
        )}
        {problem && <Problem problem={problem} />}
        {input('passphrase', 'Passphrase', first, setFirst)}
        {isNew && input('passphrase-again', 'The same again', again, setAgain)}
        {wrong !== undefined && (
          <p id="passphrase-error" class="error" role="alert">
            {wrong}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy || first === ''}>
            {busy ? 'Working…' : props.action}
          </button>
          <button type="button" onClick={props.onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}
