// Runs the official MCP conformance suite against a URL and reads what it found, so that two runs can be compared.
import {execFile} from 'node:child_process'
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

export type Revision = '2025-06-18' | '2025-11-25' | '2026-07-28'

/** How many scenarios each revision requires of a server. */
export const requiredScenarios: Record<Revision, number> = {
  '2025-06-18': 27,
  '2025-11-25': 30,
  '2026-07-28': 37,
}

export interface Check {
  id: string
  name: string
  description: string
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  errorMessage?: string
  details?: Record<string, unknown>
}

export interface ConformanceRun {
  /** Normalised checks by scenario, names sorted: what differs from run to run by nature is replaced. */
  scenarios: Record<string, Check[]>
  /** The scenarios that the revision requires. 2025-06-18 has no list of its own: all that apply to it. */
  required: string[]
  /** Counts of checks with SUCCESS and FAILURE, in required scenarios only. */
  passed: number
  failed: number
  /** 0 where no required check failed. */
  exitCode: number
  /** What the suite printed. */
  output: string
}

/** Takes 1.5 to 4 seconds. `url` must name a loopback host, or the suite fails its check of DNS rebinding. */
export async function runConformance(url: string, revision: Revision): Promise<ConformanceRun> {
  const directory = await mkdtemp(join(tmpdir(), 'mcpx-conformance-'))
  try {
    const {exitCode, output} = await execute([
      'server',
      '--url',
      url,
      ...selection(revision),
      '-o',
      directory,
    ])
    const scenarios = await readChecks(directory, url)
    const optional = new Set([...output.matchAll(/^ {2}[✓✗] (\S+) \(/gmu)].map(([, name]) => name))
    const required = Object.keys(scenarios).filter(name => !optional.has(name))
    const statuses = required.flatMap(name => scenarios[name] ?? []).map(check => check.status)
    return {
      scenarios,
      required,
      passed: statuses.filter(status => status === 'SUCCESS').length,
      failed: statuses.filter(status => status === 'FAILURE').length,
      exitCode,
      output,
    }
  } finally {
    await rm(directory, {recursive: true})
  }
}

/** What did not succeed in required scenarios, one line each. */
export function failures({scenarios, required}: ConformanceRun): string[] {
  return required.flatMap(name => {
    const checks = scenarios[name] ?? []
    if (checks.length === 0) return [`${name}: no checks`]
    return checks
      .filter(check => check.status === 'FAILURE' || check.status === 'WARNING')
      .map(check => `${name}: ${check.id} ${check.status} ${check.errorMessage ?? ''}`)
  })
}

function selection(revision: Revision): string[] {
  if (revision === '2025-06-18') return ['--suite', 'all', '--spec-version', revision]
  return ['--requirements', revision]
}

async function execute(args: string[]): Promise<{exitCode: number; output: string}> {
  const script = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'))
  return new Promise(resolve => {
    const child = execFile(process.execPath, [script, ...args], {maxBuffer: 2 ** 26}, (_, stdout, stderr) =>
      resolve({exitCode: child.exitCode ?? 1, output: stdout + stderr}),
    )
  })
}

async function readChecks(directory: string, url: string): Promise<Record<string, Check[]>> {
  const scenarios: Record<string, Check[]> = {}
  for (const folder of (await readdir(directory)).sort()) {
    const name = folder.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[-\dZ]+$/, '')
    const text = await readFile(join(directory, folder, 'checks.json'), 'utf8').catch(noChecks)
    scenarios[name] = (JSON.parse(text) as Check[]).map(check => normalise(check, url))
  }
  return scenarios
}

/** A scenario that the server made the suite give up leaves no checks behind. */
function noChecks(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '[]'
  throw error
}

/** Headers that belong to a connection or to one exchange, so that an intermediary has its own. */
const hopHeaders = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'date',
  'x-request-id',
  'via',
]
const uuids = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g
const perRun = [...hopHeaders, 'timestamp']

function normalise(check: Check, url: string): Check {
  const {host} = new URL(url)
  const json = JSON.stringify(check, (key, value: unknown) => {
    if (perRun.includes(key.toLowerCase())) return undefined
    if (/session-?id/i.test(key) && typeof value === 'string') return '<session>'
    if (key === 'requestState') return '<state>'
    if (typeof value === 'number' && value > 1e12) return '<time>'
    return typeof value === 'string'
      ? value.replaceAll(url, '<url>').replaceAll(host, '<host>').replace(uuids, '<uuid>')
      : value
  })
  const {details, ...verdict} = JSON.parse(json) as Check
  // Who refuses a foreign Host may word it differently: only that it is refused counts.
  if (details === undefined || verdict.id === 'localhost-host-rebinding-rejected') return verdict
  if (verdict.id === 'server-sse-streams-functional') return {...verdict, details: inNoOrder(details)}
  return {...verdict, details}
}

/** Which of the requests that are sent at once the server answers first, and so numbers lowest, is chance. */
function inNoOrder(details: NonNullable<Check['details']>): NonNullable<Check['details']> {
  const results = details['results'] as {event?: {id: string}}[]
  const ids = results.flatMap(({event}) => event?.id ?? []).sort()
  const ordered = results.map(one => (one.event ? {...one, event: {...one.event, id: ids.shift()}} : one))
  return {...details, results: ordered}
}
