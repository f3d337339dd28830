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

/** What is sent of a folder to be built; names are relative to it, with `separator`. */
export interface Sending {
  isIgnored: (name: string) => boolean
  /** Whether a folder that is ignored may hold what is not. */
  mayHold: (name: string) => boolean
}

/** By the text of its .dockerignore; the Dockerfile goes along even where that names it. */
export function sendingOf(text: string, dockerfile: string, separator: string): Sending {
  const isIgnored = ignoredBy(text)
  const hasExceptions = /^\s*!/m.test(text)
  return {
    isIgnored: name => name !== dockerfile && isIgnored(name),
    mayHold: name => hasExceptions || dockerfile.startsWith(name + separator),
  }
}
