// Puts a root certificate where the programs of this machine look for what they trust.
import {execFileSync} from 'node:child_process'
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Problem} from '../core/problem.ts'

interface TrustStore {
  /** Where the file goes; a temporary one where the system keeps its own copy. */
  folder: string | undefined
  command: (file: string) => [string, ...string[]]
}

const linux: TrustStore[] = [
  {folder: '/usr/local/share/ca-certificates', command: () => ['update-ca-certificates']},
  {folder: '/etc/pki/ca-trust/source/anchors', command: () => ['update-ca-trust', 'extract']},
  {folder: '/etc/ca-certificates/trust-source/anchors', command: () => ['trust', 'extract-compat']},
]
const darwin: TrustStore = {
  folder: undefined,
  command: file => [
    ...(['security', 'add-trusted-cert', '-d', '-r', 'trustRoot', '-k'] as const),
    '/Library/Keychains/System.keychain',
    file,
  ],
}
const windows: TrustStore = {
  folder: undefined,
  command: file => ['certutil', '-addstore', '-user', 'Root', file],
}

/** Answers where it went. Throws trust-failed. */
export function trustRoot(pem: string): string {
  const store = storeHere()
  const scratch = store.folder === undefined ? mkdtempSync(join(tmpdir(), 'mcpx-ca-')) : undefined
  const file = join(store.folder ?? (scratch as string), 'mcpx-local-ca.crt')
  try {
    writeFileSync(file, pem)
    const [program, ...args] = store.command(file)
    execFileSync(program, args, {stdio: 'pipe'})
    return store.folder === undefined ? program : file
  } catch (cause) {
    throw new Problem('trust-failed', (cause as Error).message.split('\n')[0] ?? '', {cause})
  } finally {
    if (scratch !== undefined) rmSync(scratch, {recursive: true, force: true})
  }
}

function storeHere(): TrustStore {
  if (process.platform === 'darwin') return darwin
  if (process.platform === 'win32') return windows
  const found = linux.find(({folder}) => folder !== undefined && existsSync(folder))
  if (found) return found
  throw new Problem(
    'trust-failed',
    'This system keeps its trusted certificates in a place mcpx does not know',
  )
}
