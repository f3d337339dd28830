// The form of a service, which runs an image or is built: from a folder of the computer of whoever fills it in, or from a
// directory on the machine of mcpx.
import {useEffect, useRef, useState} from 'preact/hooks'
import {serviceOperations} from '../../core/contract/service.ts'
import {call, can, type Document, Failure} from '../data/client.ts'
import type {Folder} from '../data/folder.ts'
import {upload} from '../data/upload.ts'
import {FolderInput, fits} from '../parts/folder-input.tsx'
import {Form, type FormPart, type FormProps} from '../parts/form.tsx'

/** Milliseconds an upload is used again after the rest was refused: less than the server keeps it. */
const good = 50 * 60_000

type Source = 'image' | 'folder' | 'directory'
const sources: Record<Source, string> = {
  image: 'an image',
  folder: 'a folder of this computer, built from its Dockerfile',
  directory: 'a directory on the machine of mcpx, built from its Dockerfile',
}

/** What the form asks for by where it comes from; the others of these fields are out of sight. */
const asked: Record<Source, readonly string[]> = {
  image: ['image'],
  folder: ['build_args'],
  directory: ['dockerfile_path', 'build_context', 'build_args'],
}
/** What nothing runs without. */
const needed: Record<Source, readonly string[]> = {
  image: ['image'],
  folder: [],
  directory: ['dockerfile_path'],
}

function sourceOf({dockerfile_path, build_context}: Document): Source {
  if (dockerfile_path === undefined) return 'image'
  return String(build_context).startsWith('upload:') ? 'folder' : 'directory'
}

/** Fields that only admins may fill in. */
const forAdmins = ['dockerfile_path', 'build_context', 'build_args', 'capabilities']

export function ServiceForm(props: FormProps) {
  const {record} = props
  const [source, setSource] = useState<Source>(sourceOf(record ?? {}))
  const [folder, setFolder] = useState<Folder>()
  const [dockerfile, setDockerfile] = useState('')
  const [sent, setSent] = useState<number>()
  const kept = useRef<{of: Folder; dockerfile: string; at: number; build_context: string}>(undefined)
  const stop = useRef<AbortController>(undefined)
  useEffect(() => () => stop.current?.abort(), [])
  if (!can('service.upload'))
    return <Form {...props} hidden={[...(props.hidden ?? []), ...forAdmins]} needed={needed[source]} />

  const send = async (of: Folder): Promise<string> => {
    const last = kept.current
    if (last?.of === of && last.dockerfile === dockerfile && Date.now() - last.at < good)
      return last.build_context
    stop.current = new AbortController()
    setSent(0)
    try {
      const [{entriesFor}, {tarOf}] = await Promise.all([
        import('../data/folder.ts'),
        import('../data/tar.ts'),
      ])
      const archive = tarOf(entriesFor(of, dockerfile))
      const {signal} = stop.current
      const {build_context} = await upload(serviceOperations.upload, archive, {onProgress: setSent, signal})
      kept.current = {of, dockerfile, at: Date.now(), build_context}
      return build_context
    } finally {
      setSent(undefined)
    }
  }
  const make = async (body: Document): Promise<Document> => {
    const isBuilt = record?.['dockerfile_path'] !== undefined
    if (source === 'image')
      return isBuilt && body['image'] !== undefined
        ? {dockerfile_path: null, build_context: null, build_args: null}
        : {}
    const noImage = record?.['image'] !== undefined && {image: null}
    if (source === 'directory') return {...noImage}
    if (!folder) {
      if (isBuilt) return {}
      throw missing
    }
    if (dockerfile === '') throw noDockerfile
    if (!fits(folder)) throw tooLarge
    const named = {dockerfile_path: dockerfile, ...noImage}
    // A folder may be large: what will be refused anyway is not sent.
    await call(props.operation, {
      params: props.params ?? {},
      query: {dry_run: true},
      body: {...body, ...named},
      ifMatch: record?.['revision'] as number | undefined,
    })
    return {...named, build_context: await send(folder)}
  }
  const part: FormPart = {
    isFilled: source === 'folder' && folder !== undefined,
    command: source === 'folder' && folder ? commandFor(folder, dockerfile) : {},
    make,
    show: (
      <>
        <fieldset>
          <legend class="label">It runs</legend>
          <div class="ticks">
            {(['image', 'folder', 'directory'] satisfies Source[]).map(one => (
              <label key={one} class="tick">
                <input type="radio" name="source" checked={source === one} onChange={() => setSource(one)} />
                {sources[one]}
              </label>
            ))}
          </div>
        </fieldset>
        {source === 'folder' && (
          <FolderInput
            folder={folder}
            dockerfile={dockerfile}
            sent={sent}
            onChoose={next => {
              setFolder(next)
              setDockerfile(next?.dockerfiles[0] ?? '')
            }}
            onDockerfile={setDockerfile}
            onStop={() => stop.current?.abort()}
          />
        )}
      </>
    ),
  }
  const hidden = Object.values(asked)
    .flat()
    .filter(name => !asked[source].includes(name))
  const done = (result: Document): void => {
    setFolder(undefined)
    props.onDone(result)
  }
  return (
    <Form
      {...props}
      featured={props.featured?.flatMap(name => (name === 'image' ? asked[source] : [name]))}
      hidden={[...(props.hidden ?? []), ...hidden]}
      needed={needed[source]}
      part={part}
      onDone={done}
    />
  )
}

/** As the command line names it where the folder lies. */
const commandFor = ({name}: Folder, dockerfile: string): Document =>
  dockerfile === 'Dockerfile'
    ? {dockerfile: name}
    : {dockerfile: `${name}/${dockerfile}`, build_context: name}

const missing = new Failure({
  code: 'usage',
  title: 'There is nothing to run yet',
  detail: 'No folder was chosen.',
  hint: 'choose or drop the folder that holds the Dockerfile, or run an image',
})
const noDockerfile = new Failure({
  code: 'usage',
  title: 'It cannot be built',
  detail: 'The folder holds no Dockerfile.',
  hint: 'choose the folder that holds it',
})
const tooLarge = new Failure({
  code: 'too-large',
  title: 'It is too much to send',
  detail: 'A build takes at most 1 GiB of files.',
  hint: 'name what the build does not need in a `.dockerignore`, and choose the folder again',
})
