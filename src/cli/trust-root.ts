// Puts a root certificate where the programs of this machine look for what they trust.
import {execFileSync} from 'node:child_process'
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Problem} from '../core/problem.ts'

/** Where it went, and the line that takes it out again. */
interface Trusted {
  place: string
  undo: string
}

interface TrustStore {
  /** Where the file goes; a temporary one where the system keeps its own copy. */
  folder: string | undefined
  command: (file: string) => [string, ...string[]]
  undo: string
}

const fileName = 'mcpx-local-ca.crt'

const linux: TrustStore[] = (
  [
    ['/usr/local/share/ca-certificates', 'update-ca-certificates'],
    ['/etc/pki/ca-trust/source/anchors', 'update-ca-trust', 'extract'],
    ['/etc/ca-certificates/trust-source/anchors', 'trust', 'extract-compat'],
  ] as const
).map(([folder, program, ...args]) => ({
  folder,
  command: () => [program, ...args],
  undo: `sudo rm ${folder}/${fileName} && sudo ${[program, ...args].join(' ')}`,
}))
const darwin: TrustStore = {
  folder: undefined,
  command: file => [
    ...(['security', 'add-trusted-cert', '-d', '-r', 'trustRoot', '-k'] as const),
    '/Library/Keychains/System.keychain',
    file,
  ],
  undo: 'sudo security delete-certificate -c "mcpx local CA" /Library/Keychains/System.keychain',
}
const windows: TrustStore = {
  folder: undefined,
  command: file => ['certutil', '-addstore', '-user', 'Root', file],
  undo: 'certutil -delstore -user Root "mcpx local CA"',
}

/** Throws trust-failed. */
export function trustRoot(pem: string): Trusted {
  const store = storeHere()
  const scratch = store.folder === undefined ? mkdtempSync(join(tmpdir(), 'mcpx-ca-')) : undefined
  const file = join(store.folder ?? (scratch as string), fileName)
  try {
    writeFileSync(file, pem)
    const [program, ...args] = store.command(file)
    execFileSync(program, args, {stdio: 'pipe'})
    return {place: store.folder === undefined ? program : file, undo: store.undo}
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
