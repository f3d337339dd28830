// What a `.dockerignore` keeps out of a build, for the command line and the browser alike.
import type {Ignore} from '@balena/dockerignore'
import * as ignoring from '@balena/dockerignore'

// CommonJS whose types do not say what it exports.
const makeIgnore = (ignoring as unknown as {default: () => Ignore}).default

/** Whether the text of a `.dockerignore` keeps a path out; paths are relative to the context. */
export function ignoredBy(text: string): (path: string) => boolean {
  const rules = makeIgnore().add(text.split('\n'))
  return path => rules.ignores(path)
}
