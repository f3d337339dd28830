// How what was looked at step by step is shown to people.
import type {OAuthHealth} from '../core/contract/oauth.ts'
import type {ProbeReport} from '../core/contract/resource.ts'
import type {Output} from './output.ts'

const mark = (ok: boolean): string => (ok ? '✓' : '✗')

export function showProbe({steps}: ProbeReport, output: Output): void {
  for (const {step, ok, detail} of steps) output.line(`${mark(ok)} ${step}: ${detail}`)
}

export function showHealth({issuer, checks}: OAuthHealth, output: Output): void {
  output.line(`issuer ${issuer}`)
  for (const {name, ok, detail, hint} of checks) {
    output.line(`${mark(ok)} ${name}: ${detail}`)
    if (hint !== undefined) output.line(`  ${hint}`)
  }
}
