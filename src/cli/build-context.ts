// A directory of this machine as a tar archive for the server, without what its .dockerignore names.
import {accessSync, constants, existsSync, lstatSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {isAbsolute, join, relative, resolve, sep} from 'node:path'
import {PassThrough, pipeline, Readable} from 'node:stream'
import tar from 'tar-fs'
import {largestContext} from '../core/contract/service.ts'
import {type Sending, sendingOf} from '../core/ignored.ts'
import {Problem} from '../core/problem.ts'
import {bytes} from './output.ts'

export interface BuildContext {
  /** Dockerfile relative to the context, with `/`. */
  dockerfile: string
  archive: ReadableStream
}

/** `dockerfile` may be a directory with a `Dockerfile`; without `context`, the directory of the Dockerfile is sent. */
export function buildContext(dockerfile: string, context: string | undefined): BuildContext {
  const given = resolve(dockerfile)
  if (!existsSync(given))
    throw new Problem('usage', `There is no ${dockerfile}.`, {
      hint: 'give the path of a Dockerfile, or of its directory',
    })
  const file = statSync(given).isDirectory() ? join(given, 'Dockerfile') : given
  if (!existsSync(file))
    throw new Problem('usage', `There is no ${file}.`, {hint: 'give the path of a Dockerfile'})
  const directory = resolve(context ?? join(file, '..'))
  const inside = relative(directory, file)
  if (inside.startsWith('..') || isAbsolute(inside))
    throw new Problem('usage', `${file} lies outside of the context ${directory}.`, {
      hint: 'give a `--build-context` that holds the Dockerfile',
    })
  const wish = wishOf(directory, inside)
  const names = new Set<string>()
  checkSize(
    directory,
    readdirSync(directory).map(name => ({name, size: collect(wish, name, names)})),
  )
  const ignore = (path: string): boolean => path !== directory && !names.has(relative(directory, path))
  return {dockerfile: inside.split(sep).join('/'), archive: packed(directory, {ignore})}
}

interface Wish extends Sending {
  directory: string
}

function wishOf(directory: string, dockerfile: string): Wish {
  const file = join(directory, '.dockerignore')
  const rules = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return {directory, ...sendingOf(rules, dockerfile, sep)}
}

/** Put what is sent of `name` into `names`; answers its bytes, as an archive holds them. */
function collect(wish: Wish, name: string, names: Set<string>): number {
  const path = join(wish.directory, name)
  const isIgnored = wish.isIgnored(name)
  if (isIgnored && !wish.mayHold(name)) return 0
  const found = lstatSync(path)
  if (!found.isDirectory() && isIgnored) return 0
  // An archive holds no sockets, pipes and devices.
  if (!found.isDirectory() && !found.isFile() && !found.isSymbolicLink()) return 0
  if (!found.isSymbolicLink()) checkReadable(path)
  const inside = found.isDirectory()
    ? readdirSync(path).reduce((sum, one) => sum + collect(wish, join(name, one), names), 0)
    : Math.ceil((found.isFile() ? found.size : 0) / 512) * 512
  if (isIgnored && inside === 0) return 0
  names.add(name)
  return 512 + inside
}

/** What cannot be read ends the stream with its error. */
function packed(directory: string, options: tar.PackOptions): ReadableStream {
  const archive = pipeline(tar.pack(directory, options), new PassThrough(), () => {})
  return Readable.toWeb(archive) as ReadableStream
}

/** A server takes no more than this: said before hours of sending, with what is so large. Throws too-large. */
function checkSize(directory: string, parts: {name: string; size: number}[]): void {
  const total = parts.reduce((sum, {size}) => sum + size, 0)
  if (total <= largestContext) return
  const largest = parts
    .toSorted((one, other) => other.size - one.size)
    .slice(0, 3)
    .map(({name, size}) => `${name} (${bytes(size)})`)
  throw new Problem(
    'too-large',
    `The build context ${directory} has ${bytes(total)}; a server takes ${bytes(largestContext)}.`,
    {
      hint: `name in a \`.dockerignore\` what the build does not need; the largest are ${largest.join(', ')}`,
    },
  )
}

function checkReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK)
  } catch {
    throw new Problem('usage', `${path} cannot be read, so it cannot be sent.`, {
      hint: 'name it in a `.dockerignore`, or make it readable',
    })
  }
}

/** What the Dockerfiles of our examples are built from: `package.json` and `examples/` of this installation. */
export function exampleContext(): ReadableStream {
  let root = import.meta.dirname
  while (!existsSync(join(root, 'package.json'))) root = join(root, '..')
  const entries = ['package.json', 'package-lock.json', 'examples'].filter(name =>
    existsSync(join(root, name)),
  )
  return packed(root, {entries})
}
