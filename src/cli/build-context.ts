// A directory of this machine as a tar archive for the server, without what its .dockerignore names.
import {existsSync, readFileSync, statSync} from 'node:fs'
import {isAbsolute, join, relative, resolve, sep} from 'node:path'
import {PassThrough, Readable} from 'node:stream'
import tar from 'tar-fs'
import {ignoredBy} from '../core/ignored.ts'
import {Problem} from '../core/problem.ts'

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
  const ignoreFile = join(directory, '.dockerignore')
  const isIgnored = ignoredBy(existsSync(ignoreFile) ? readFileSync(ignoreFile, 'utf8') : '')
  const ignore = (path: string): boolean => {
    const name = relative(directory, path)
    return name !== '' && name !== inside && isIgnored(name)
  }
  const packed = tar.pack(directory, {ignore})
  return {
    dockerfile: inside.split(sep).join('/'),
    archive: Readable.toWeb(packed.pipe(new PassThrough())) as ReadableStream,
  }
}

/** What the Dockerfiles of our examples are built from: `package.json` and `examples/` of this installation. */
export function exampleContext(): ReadableStream {
  let root = import.meta.dirname
  while (!existsSync(join(root, 'package.json'))) root = join(root, '..')
  const entries = ['package.json', 'package-lock.json', 'examples'].filter(name =>
    existsSync(join(root, name)),
  )
  return Readable.toWeb(tar.pack(root, {entries}).pipe(new PassThrough())) as ReadableStream
}
