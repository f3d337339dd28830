// Nonces that a CA gave with its answers, kept for the requests to come (RFC 8555 §6.5); asking for each would cost as many again.

/** ms that a nonce is trusted to hold. */
const keptFor = 60_000
/** As many as requests are under way at once, and some. */
const most = 32

interface Kept {
  nonce: string
  until: number
}

/** By origin of the CA. */
const all = new Map<string, Kept[]>()

const keptAt = (url: string): Kept[] => {
  const {origin} = new URL(url)
  const known = all.get(origin) ?? []
  all.set(origin, known)
  return known
}

export function keepNonce(url: string, nonce: string): void {
  const kept = keptAt(url)
  kept.push({nonce, until: performance.now() + keptFor})
  if (kept.length > most) kept.shift()
}

/** The newest, which nobody else gets then. */
export function takeNonce(url: string): string | undefined {
  const newest = keptAt(url).pop()
  return newest && newest.until > performance.now() ? newest.nonce : undefined
}

/** The CA did not take one of them. */
export function dropNonces(url: string): void {
  all.delete(new URL(url).origin)
}
