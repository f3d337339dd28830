// Puts a root certificate where Chromium and Firefox look on Linux: databases of their own, in the home of the person.
import {execFileSync} from 'node:child_process'
import {existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {homedir, tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {findProgram} from '../core/program.ts'

const nickname = 'mcpx local CA'
const databases = [
  '.pki/nssdb',
  'snap/chromium/current/.pki/nssdb',
  '.mozilla/firefox/*',
  'snap/firefox/common/.mozilla/firefox/*',
]

export interface BrowserTrust {
  /** Directories of the databases that have it now. */
  added: string[]
  /** Those that have it not, as `certutil` is missing or fails. */
  left: string[]
}

export function trustInBrowsers(pem: string): BrowserTrust {
  const found = databases
    .flatMap(place => globSync(join(homeOfPerson(), place, 'cert9.db')))
    .map(file => dirname(file))
  if (found.length === 0 || findProgram(['certutil']) === undefined) return {added: [], left: found}
  const scratch = mkdtempSync(join(tmpdir(), 'mcpx-ca-'))
  try {
    const file = join(scratch, 'ca.pem')
    writeFileSync(file, pem)
    const added = found.filter(directory => trust(directory, file))
    return {added, left: found.filter(directory => !added.includes(directory))}
  } finally {
    rmSync(scratch, {recursive: true, force: true})
  }
}

/** Lines that take it out again. */
export const distrustLines = (directories: readonly string[]): string[] =>
  directories.map(directory => `certutil -D -n '${nickname}' -d 'sql:${directory}'`)

function trust(directory: string, file: string): boolean {
  const certutil = (...args: string[]): boolean => {
    try {
      execFileSync('certutil', [...args, '-n', nickname, '-d', `sql:${directory}`], {stdio: 'ignore'})
      return true
    } catch {
      return false
    }
  }
  // That of an earlier mcpx would stay in its place.
  certutil('-D')
  return certutil('-A', '-t', 'C,,', '-i', file)
}

/** Under sudo, of whoever called it. */
function homeOfPerson(): string {
  const {SUDO_USER: person} = process.env
  if (!person || !existsSync('/etc/passwd')) return homedir()
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(one => one.startsWith(`${person}:`))
  return line?.split(':')[5] ?? homedir()
}
