// The steps that a certificate goes through until it is there, by who issues it.
import type {Certificate, steps} from '../../core/contract/certificate.ts'

export type Step = (typeof steps)[number]

/** Steps of the contract, and what people call them. */
const ofAcme: readonly [step: Step, label: string][] = [
  ['preflight', 'checked here'],
  ['account', 'account'],
  ['order', 'order'],
  ['challenge', 'challenge'],
  ['validation', 'validation'],
  ['issue', 'issued'],
]

/** Those that a certificate goes through: mcpx itself signs in one step, and what is imported was issued elsewhere. */
export function stepsOf({issuer, challenge}: Pick<Certificate, 'issuer' | 'challenge'>): typeof ofAcme {
  if (issuer === 'imported') return [['issue', 'imported']]
  if (issuer === 'internal') return [['issue', 'issued']]
  // Nothing here can be checked before a name is proved by DNS.
  return challenge === 'dns-01' ? ofAcme.filter(([step]) => step !== 'preflight') : ofAcme
}
