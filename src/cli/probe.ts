// How what was looked at step by step is shown to people.
import type {OAuthCheck, OAuthHealth, OAuthSetup} from '../core/contract/oauth.ts'
import type {ProbeReport} from '../core/contract/resource.ts'
import type {Output} from './output.ts'

const mark = (ok: boolean): string => (ok ? '✓' : '✗')

export function showProbe({steps}: ProbeReport, output: Output): void {
  for (const {step, ok, detail} of steps) output.line(`${mark(ok)} ${step}: ${detail}`)
}

export function showHealth({issuer, checks}: OAuthHealth, output: Output): void {
  output.line(`issuer ${issuer}`)
  showChecks(checks, output)
}

export function showSetup({checks, enter}: OAuthSetup, output: Output): void {
  showChecks(checks, output)
  for (const {where, field, value} of enter) output.note(`enter at ${where}: ${field} ${value}`)
}

function showChecks(checks: readonly OAuthCheck[], output: Output): void {
  for (const {name, ok, warning, detail, hint} of checks) {
    output.line(`${warning ? '!' : mark(ok)} ${name}: ${detail}`)
    if (hint !== undefined) output.line(`  ${hint}`)
  }
}
