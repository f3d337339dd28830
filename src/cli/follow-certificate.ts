// `--wait`: follows the issuing of a certificate, a line a step, to its end.
import type {Connection} from '../core/connect.ts'
import {type Certificate, type Coverage, certificateOperations, steps} from '../core/contract/certificate.ts'
import {exitCodes} from './exit-codes.ts'
import type {Output} from './output.ts'

/** Resolves with the record at the end. Sets the exit code when it failed. */
export async function followCertificate(
  connection: Connection,
  begun: Certificate,
  output: Output,
): Promise<Certificate> {
  let record = begun
  let told = ''
  let reached: Step = 'queued'
  for (;;) {
    const {state, step, detail} = record.generation
    // A step can come and go between two looks; each is named all the same.
    for (const passed of stepsBetween(reached, step)) output.note(`  ${passed.padEnd(11)}done`)
    reached = step
    if (state === 'in_progress' && `${step} ${detail}` !== told) output.note(`  ${step.padEnd(11)}${detail}`)
    told = `${step} ${detail}`
    if (state === 'completed' || state === 'failed') break
    const {cert_name, revision} = record
    record = await output.during(`${cert_name}: ${step}`, () =>
      connection.call(certificateOperations.status, {
        params: {cert_name},
        query: {wait: true, since: revision},
      }),
    )
  }
  tellFailure(record, output)
  return record
}

type Step = (typeof steps)[number]

const stepsBetween = (one: Step, other: Step): readonly Step[] =>
  steps.slice(steps.indexOf(one) + 1, Math.max(0, steps.indexOf(other)))

/** Says what went wrong, in the words of the CA, what to do, and when it is tried again. */
export function tellFailure({generation, cert_name}: Certificate, output: Output): void {
  if (generation.state !== 'failed') return
  const {problem = {}, remedy, next_try_at, step} = generation
  process.exitCode = exitCodes.failure
  output.note(`✗ ${cert_name} failed at ${step}: ${problem['detail'] ?? generation.detail}`)
  if (typeof problem['type'] === 'string') output.note(`  ${problem['type']}`)
  if (remedy) output.next(remedy)
  if (next_try_at !== undefined)
    output.next(`the next try is at ${next_try_at}; now: \`mcpx cert renew ${cert_name} --force --wait\``)
}

/** How the end of issuing reads as a sentence; of a failure `tellFailure` has told. */
export const outcome = ({cert_name, status, generation, expires_at}: Certificate): string | undefined => {
  if (generation.state === 'failed') return undefined
  if (generation.state === 'completed') return `Certificate ${cert_name} is valid until ${expires_at}`
  return status === 'active'
    ? `Certificate ${cert_name} serves on while a new one is asked for`
    : `Certificate ${cert_name} is asked for`
}

/** With which certificate a proxy is served, in words. */
export const coverageWords = ({status, cert_name, expires_at, detail}: Coverage): string =>
  [
    cert_name === undefined ? status : `${cert_name} (${status})`,
    ...(status === 'covered' && expires_at !== undefined ? [` until ${expires_at}`] : []),
    ...(detail === undefined ? [] : [`: ${detail}`]),
  ].join('')

/** Says that a proxy has no certificate, why, and how to get one. */
export function tellUncovered(coverage: Coverage | undefined, output: Output): void {
  if (coverage === undefined || coverage.status === 'covered' || coverage.status === 'pending') return
  output.note(`! no valid certificate: ${coverage.detail ?? coverage.status}`)
  if (coverage.remedy !== undefined) output.next(`get one: ${coverage.remedy}`)
}

export const certificateFields = [
  'cert_name',
  'status',
  'domains',
  'issuer',
  'staging',
  'issued_by',
  'issued_at',
  'expires_at',
  'renewal',
  'fingerprint',
  'serial',
  'challenge',
  'profile',
  'email',
  'acme_directory_url',
  'owner',
]
