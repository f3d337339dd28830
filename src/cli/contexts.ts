// The servers this person knows, with their tokens: `$XDG_CONFIG_HOME/mcpx/contexts.json`, 0600 in a directory of 0700.
import {randomBytes} from 'node:crypto'
import {mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {dirname, isAbsolute, join} from 'node:path'
import {Problem} from '../core/problem.ts'
import {nearest} from './nearest.ts'

export interface Context {
  url: string
  token?: string
}

export interface Contexts {
  current?: string
  contexts: Record<string, Context>
}

/** Whose contexts; default the person who runs this. `uid` and `gid` are for root acting for SUDO_USER. */
export interface Person {
  home?: string
  uid?: number
  gid?: number
}

export function contextsFile({home}: Person = {}): string {
  const xdg = process.env['XDG_CONFIG_HOME']
  const folder = home === undefined && xdg && isAbsolute(xdg) ? xdg : join(home ?? homedir(), '.config')
  return join(folder, 'mcpx', 'contexts.json')
}

/** What is kept; nothing when there is no file. Throws a Problem when the file cannot be understood. */
export function readContexts(person: Person = {}): Contexts {
  const file = contextsFile(person)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {contexts: {}}
    throw error
  }
  try {
    const {current, contexts} = JSON.parse(text) as Contexts
    if (Object.values(contexts).every(({url}) => URL.canParse(url)))
      return {...(current !== undefined && {current}), contexts}
  } catch {}
  throw new Problem('usage', `${file} is not a list of contexts.`, {
    hint: 'delete the file and log in again with `mcpx login`',
  })
}

/** Keep a server under a name. The write is atomic, and as root for `uid` it has no more rights than that person. */
export function saveContext(
  name: string,
  context: Context,
  {makeCurrent = true, ...person}: Person & {makeCurrent?: boolean} = {},
): void {
  change(person, kept => ({
    current: makeCurrent ? name : (kept.current ?? name),
    contexts: {...kept.contexts, [name]: context},
  }))
}

/** Forget a server; the current one may be none afterwards. */
export function removeContext(name: string): void {
  change({}, ({current, contexts}) => ({
    ...(current !== undefined && current !== name && {current}),
    contexts: Object.fromEntries(Object.entries(contexts).filter(([one]) => one !== name)),
  }))
}

export function useContext(name: string): void {
  change({}, ({contexts}) => ({current: name, contexts}))
}

function change(person: Person, edit: (kept: Contexts) => Contexts): void {
  asPerson(person, () => {
    const file = contextsFile(person)
    try {
      writeWhole(file, `${JSON.stringify(edit(readContexts(person)), null, 2)}\n`)
    } catch (error) {
      if (error instanceof Problem) throw error
      throw new Problem('usage', `Contexts cannot be kept in ${file}: ${(error as Error).message}.`, {
        hint: 'name a folder that can be written in XDG_CONFIG_HOME, or give MCPX_URL and MCPX_TOKEN to each command',
      })
    }
  })
}

/** In place of what was there, never half, for its owner alone. */
function writeWhole(file: string, content: string): void {
  mkdirSync(dirname(file), {recursive: true, mode: 0o700})
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(draft, content, {mode: 0o600, flag: 'wx'})
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, {force: true})
    throw error
  }
}

// A folder of SUDO_USER may hold links to anywhere; root must not follow them with its own rights.
function asPerson({uid, gid}: Person, work: () => void): void {
  const [ownUid, ownGid] = [process.geteuid?.(), process.getegid?.()]
  if (ownUid !== 0 || ownGid === undefined || uid === undefined || gid === undefined) return work()
  process.setegid?.(gid)
  process.seteuid?.(uid)
  try {
    work()
  } finally {
    process.seteuid?.(ownUid)
    process.setegid?.(ownGid)
  }
}

/** A context by name, default the current one. Throws context-unknown. */
export function contextNamed(asked: string | undefined): Context & {name: string; isCurrent: boolean} {
  const {current, contexts} = readContexts()
  const name = asked ?? current
  if (name === undefined)
    throw new Problem('context-unknown', 'No server is chosen.', {hint: 'log in to one: `mcpx login URL`'})
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  if (!context) throw unknownContext(name, contexts)
  return {...context, name, isCurrent: name === current}
}

export function unknownContext(name: string, known: Contexts['contexts']): Problem {
  const near = nearest(name, Object.keys(known))
  return new Problem('context-unknown', `No context is called \`${name}\`.`, {
    ...(near !== undefined && {hint: `did you mean \`${near}\`?`}),
  })
}
