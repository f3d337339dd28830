// The context of the mcpx that runs on this machine, so that the next command in another shell works without pasting.
import {execFileSync} from 'node:child_process'
import {type Person, readContexts, saveContext} from './contexts.ts'

/** Name it has in the list of contexts. */
const name = 'local'

/**
 * Keep where this mcpx answers, with its token when that is new. A context that is of another server keeps its name,
 * unless there is a new token.
 */
export function keepOwnContext(
  {url, previousUrl, token}: {url: string; previousUrl: string | undefined; token: string | undefined},
  person: Person = sudoPerson(),
): void {
  const known = readContexts(person).contexts[name]
  if (token !== undefined) return saveContext(name, {url, token}, person)
  const isOurs = known !== undefined && known.url === previousUrl
  if (isOurs && known.url !== url) saveContext(name, {...known, url}, {...person, makeCurrent: false})
}

/** Who called sudo, else nobody in particular. */
function sudoPerson({SUDO_USER, SUDO_UID, SUDO_GID} = process.env): Person {
  if (process.getuid?.() !== 0 || !SUDO_USER || !SUDO_UID || !SUDO_GID || SUDO_UID === '0') return {}
  const home = homeOf(SUDO_USER)
  return home === undefined ? {} : {home, uid: Number(SUDO_UID), gid: Number(SUDO_GID)}
}

function homeOf(user: string): string | undefined {
  try {
    return execFileSync('getent', ['passwd', user], {encoding: 'utf8'}).split(':')[5] || undefined
  } catch {
    return undefined
  }
}
