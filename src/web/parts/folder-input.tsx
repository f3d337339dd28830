// A folder to send: chosen or dropped, with its size before anything leaves, and how far it is.
import {useState} from 'preact/hooks'
import {largestContext} from '../../core/contract/service.ts'
import type {Folder} from '../data/folder.ts'
import {Prose} from './bits.tsx'

export interface FolderInputProps {
  folder: Folder | undefined
  /** Path of the Dockerfile to build; empty when there is none. */
  dockerfile: string
  /** Bytes that have left; undefined while nothing is sent. */
  sent: number | undefined
  onChoose: (folder: Folder | undefined) => void
  onDockerfile: (path: string) => void
  onStop: () => void
}

const totalOf = ({entries}: Folder): number => entries.reduce((total, {file}) => total + file.size, 0)

/** Whether the server takes it; a header stands before each file. */
export const fits = (folder: Folder): boolean =>
  totalOf(folder) + folder.entries.length * 1024 < largestContext

export function FolderInput(props: FolderInputProps) {
  const [wrong, setWrong] = useState<string>()
  const [busy, setBusy] = useState(false)
  const [over, setOver] = useState(false)
  const take = async (read: () => Promise<Folder | undefined>): Promise<void> => {
    setOver(false)
    setWrong(undefined)
    setBusy(true)
    try {
      const found = await read()
      props.onChoose(found)
      if (!found) setWrong('That is no folder: drop the one that holds the Dockerfile.')
    } catch (error) {
      setWrong(`The folder cannot be read: ${(error as Error).message}`)
    } finally {
      setBusy(false)
    }
  }
  const choose = (files: FileList | null): void => {
    const list = [...(files ?? [])]
    if (list.length > 0) void take(async () => (await import('../data/folder.ts')).chosenFolder(list))
  }
  const drop = (transfer: DataTransfer): void => {
    // Only while the event is handled does it tell what was dropped.
    const entry = transfer.items[0]?.webkitGetAsEntry() ?? null
    void take(async () => (await import('../data/folder.ts')).droppedFolder(entry))
  }
  return (
    // oxlint-disable-next-line -- what is dropped here can be chosen with the button
    <section
      class={`drop ${over ? 'over' : ''}`}
      aria-label="Folder"
      onDragOver={event => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault()
        if (event.dataTransfer) drop(event.dataTransfer)
      }}
    >
      <div class="inline">
        <label class="button file">
          {props.folder ? 'Choose another folder…' : 'Choose a folder…'}
          <input
            class="hidden"
            type="file"
            ref={wholeFolders}
            disabled={props.sent !== undefined}
            onChange={event => {
              choose(event.currentTarget.files)
              event.currentTarget.value = ''
            }}
          />
        </label>
        {!props.folder && <span class="dim">or drop it here</span>}
      </div>
      <div role="status">
        {busy && <p class="dim">Reading the folder…</p>}
        {wrong !== undefined && <p class="error">{wrong}</p>}
        {props.folder && !busy && <Summary {...props} folder={props.folder} />}
      </div>
      {props.folder && props.folder.dockerfiles.length > 1 && (
        <div class="field">
          <label class="label" for="dockerfile">
            Dockerfile
          </label>
          <select
            id="dockerfile"
            value={props.dockerfile}
            onChange={event => props.onDockerfile(event.currentTarget.value)}
          >
            {props.folder.dockerfiles.map(path => (
              <option key={path}>{path}</option>
            ))}
          </select>
        </div>
      )}
      {props.folder && props.sent !== undefined && (
        <Sending {...props} folder={props.folder} sent={props.sent} />
      )}
      <p class="hint">
        <Prose
          text={`The folder is sent to the server and built there, without what its \`.dockerignore\` names; at most ${sizeText(largestContext)}. A browser tells neither links nor empty folders, and every file may be run.`}
        />
      </p>
    </section>
  )
}

const wholeFolders = (input: HTMLInputElement | null): void => {
  if (input) input.webkitdirectory = true
}

function Summary({folder, dockerfile}: FolderInputProps & {folder: Folder}) {
  const {name, entries, ignored} = folder
  const counted = (files: number): string => `${files} ${files === 1 ? 'file' : 'files'}`
  return (
    <>
      <p>
        <strong>{name}</strong>: {counted(entries.length)}, {sizeText(totalOf(folder))}
        {ignored.length > 0 && `; ${counted(ignored.length)} left out by .dockerignore`}
      </p>
      {dockerfile === '' && <p class="error">There is no Dockerfile in it.</p>}
      {!fits(folder) && (
        <p class="error">
          That is more than the server takes. Most of it is in {heaviest(folder).join(', ')}: name what the
          build does not need in a .dockerignore.
        </p>
      )}
    </>
  )
}

function Sending({folder, sent, onStop}: FolderInputProps & {folder: Folder; sent: number}) {
  const total = totalOf(folder)
  return (
    <div class="inline">
      <progress aria-label="Sent" max={total} value={Math.min(sent, total)} />
      <span class="dim">
        {sizeText(Math.min(sent, total))} of {sizeText(total)}
      </span>
      <button type="button" class="small" onClick={onStop}>
        Stop
      </button>
    </div>
  )
}

/** The parts right below the folder that weigh most, with their sizes. */
function heaviest({entries}: Folder): string[] {
  const sizes = new Map<string, number>()
  for (const {path, file} of entries) {
    const [first = ''] = path.split('/', 1)
    sizes.set(first, (sizes.get(first) ?? 0) + file.size)
  }
  return [...sizes]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 3)
    .filter(([, bytes]) => bytes > largestContext / 100)
    .map(([name, bytes]) => `${name} (${sizeText(bytes)})`)
}

const units = ['bytes', 'KiB', 'MiB', 'GiB']

function sizeText(bytes: number): string {
  const step = bytes === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** step
  return `${value < 10 && step > 0 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[step]}`
}
