// A folder that somebody chose or dropped: its files, without what its .dockerignore names, and its Dockerfiles.
import {ignoredBy} from '../../core/ignored.ts'
import type {Entry} from './tar.ts'

export interface Folder {
  name: string
  /** What is sent, whichever of the Dockerfiles is built. */
  entries: Entry[]
  /** Files that stay behind. */
  ignored: Entry[]
  /** Paths of what look like Dockerfiles, the likeliest first. */
  dockerfiles: string[]
}

/** Of `<input type=file webkitdirectory>`: every path begins with the name of the folder. */
export function chosenFolder(files: Iterable<File>): Promise<Folder> {
  const all = [...files].map(file => ({path: file.webkitRelativePath, file}))
  const name = all[0]?.path.split('/', 1)[0] ?? ''
  return folderOf(
    name,
    all.map(({path, file}) => ({path: path.slice(name.length + 1), file})),
  )
}

/** Undefined when what was dropped is no folder. */
export async function droppedFolder(entry: FileSystemEntry | null): Promise<Folder | undefined> {
  if (!entry?.isDirectory) return undefined
  return folderOf(entry.name, await filesBelow(entry as FileSystemDirectoryEntry, ''))
}

async function filesBelow(directory: FileSystemDirectoryEntry, prefix: string): Promise<Entry[]> {
  const reader = directory.createReader()
  const found: Entry[] = []
  // It tells some at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return found
    for (const one of some) {
      const path = prefix + one.name
      if (one.isDirectory) found.push(...(await filesBelow(one as FileSystemDirectoryEntry, `${path}/`)))
      else found.push({path, file: await fileOf(one as FileSystemFileEntry)})
    }
  }
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => {
    entry.file(resolve, reject)
  })

export async function folderOf(name: string, files: readonly Entry[]): Promise<Folder> {
  const rules = await files.find(({path}) => path === '.dockerignore')?.file.text()
  const isIgnored = ignoredBy(rules ?? '')
  const entries: Entry[] = []
  const ignored: Entry[] = []
  for (const one of files) (isIgnored(one.path) ? ignored : entries).push(one)
  const dockerfiles = files
    .map(({path}) => path)
    .filter(path => /(^|\/)(Dockerfile(\.[^/]+)?|[^/]+\.Dockerfile|Containerfile)$/.test(path))
    .filter(path => !/(^|\/)(node_modules|\.git)\//.test(path) && !path.endsWith('.dockerignore'))
    .toSorted((one, other) => depth(one) - depth(other) || one.length - other.length)
  return {name, entries, ignored, dockerfiles}
}

const depth = (path: string): number => path.split('/').length

/** What to send to build `dockerfile`, which goes along even where the .dockerignore names it. */
export const entriesFor = ({entries, ignored}: Folder, dockerfile: string): Entry[] => [
  ...entries,
  ...ignored.filter(({path}) => path === dockerfile),
]
