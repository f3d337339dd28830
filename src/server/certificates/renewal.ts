// When a certificate is renewed: in the window the CA suggests (RFC 9773), else some while before its end.
import type {Renewal} from '../../core/contract/certificate.ts'
import type {RenewalInfo} from './acme.ts'

const day = 86_400_000

interface Lifetime {
  issued_at: string
  expires_at: string
}

/** ms before the end that renewal is due: the threshold, or a third of the lifetime if that is less. */
export const leadTime = ({issued_at, expires_at}: Lifetime, thresholdDays: number): number =>
  Math.min(thresholdDays * day, (Date.parse(expires_at) - Date.parse(issued_at)) / 3)

/** Up to a tenth of the lead time earlier, so that what was issued together is not renewed together. */
export function fromLifetime(lifetime: Lifetime, thresholdDays: number, random = Math.random()): Renewal {
  const lead = leadTime(lifetime, thresholdDays)
  const at = Date.parse(lifetime.expires_at) - lead * (1 + 0.1 * random)
  return {at: new Date(at).toISOString(), source: 'lifetime'}
}

/** A moment of the window by chance, kept as long as it stays within (RFC 9773 §4.2). */
export function fromInfo(
  {start, end, explanation_url, again}: RenewalInfo,
  known: Renewal | undefined,
  now: number,
  random = Math.random(),
): Renewal {
  const kept = known?.source === 'ari' ? Date.parse(known.at) : Number.NaN
  const within = kept >= start.getTime() && kept <= end.getTime()
  const at = within ? kept : start.getTime() + (end.getTime() - start.getTime()) * random
  return {
    at: new Date(at).toISOString(),
    source: 'ari',
    check_at: new Date(now + again).toISOString(),
    ...(explanation_url !== undefined && {explanation_url}),
  }
}
