// Signing keys of access tokens: records that replicas share, rotated with overlap.
import {createPrivateKey} from 'node:crypto'
import {calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK} from 'jose'
import type {Config} from '../../core/config.ts'
import type {SigningKey} from '../../core/contract/oauth.ts'
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import type {Records, StoredSigningKey} from '../../core/store/records.ts'
import type {Store} from '../../core/store/store.ts'

type KeyConfig = Pick<Config, 'OAUTH_JWT_ALGORITHM' | 'OAUTH_JWT_PRIVATE_KEY_B64'>

/** Newest first; the first is the one that signs. */
export function usableKeys(keys: Iterable<StoredSigningKey>): StoredSigningKey[] {
  const now = new Date().toISOString()
  return [...keys]
    .filter(({published_until}) => published_until === undefined || published_until > now)
    .sort((one, other) => Number(isRetired(one)) - Number(isRetired(other)) || newerFirst(one, other))
}

const isRetired = ({retired_at}: StoredSigningKey): boolean => retired_at !== undefined
const newerFirst = (one: StoredSigningKey, other: StoredSigningKey): number =>
  one.created_at < other.created_at ? 1 : -1

export class SigningKeys {
  readonly #records: Records
  readonly #store: Store
  readonly #config: KeyConfig
  /** Seconds that the last token of a retired key may hold. */
  readonly #overlap: number

  constructor(options: {records: Records; store: Store; config: KeyConfig; overlap: number}) {
    this.#records = options.records
    this.#store = options.store
    this.#config = options.config
    this.#overlap = options.overlap
  }

  /** Make the first key, or take the configured one; replicas that start together agree. */
  async ensure(): Promise<void> {
    const wanted = await this.#make()
    try {
      await this.#records.signingKey.create('first', wanted)
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'already-exists')) throw error
    }
    const [current] = await this.#all()
    const given = this.#config.OAUTH_JWT_PRIVATE_KEY_B64 !== undefined && wanted.alg === 'RS256'
    if (current && given && current.kid !== wanted.kid) await this.#replace(wanted)
    else if (current && current.alg !== this.#config.OAUTH_JWT_ALGORITHM) await this.#replace(wanted)
  }

  async list(): Promise<SigningKey[]> {
    return (await this.#all()).map((key, index) => shown(key, index === 0))
  }

  /** Sign with a new key from now on. Throws rotation-refused when another rotation came first. */
  async rotate(): Promise<SigningKey> {
    return shown(await this.#replace(await generate(this.#config.OAUTH_JWT_ALGORITHM)), true)
  }

  async #replace(next: Omit<StoredSigningKey, 'revision'>): Promise<StoredSigningKey> {
    const {signingKey} = this.#records
    const changes = [signingKey.creation(next.kid, next)]
    const now = new Date()
    for await (const [id, key] of signingKey.all()) {
      if (key.kid === next.kid) throw new Problem('rotation-refused', 'This key has signed before')
      if (key.published_until !== undefined && key.published_until < now.toISOString()) {
        changes.push(signingKey.deletion(id, key.revision))
      } else if (key.retired_at === undefined) {
        const until = new Date(now.getTime() + this.#overlap * 1000).toISOString()
        const retired = {...key, retired_at: now.toISOString(), published_until: until}
        changes.push(signingKey.replacement(id, {...retired, updated_at: now.toISOString()}))
      }
    }
    try {
      const [revision = 0] = await this.#store.write(changes)
      return {...next, revision}
    } catch (error) {
      if (error instanceof Problem && ['revision-mismatch', 'already-exists'].includes(error.code))
        throw new Problem('rotation-refused', 'The signing key was replaced in the meantime', {cause: error})
      throw error
    }
  }

  async #all(): Promise<StoredSigningKey[]> {
    const found: StoredSigningKey[] = []
    for await (const [, key] of this.#records.signingKey.all()) found.push(key)
    return usableKeys(found)
  }

  #make(): Promise<Omit<StoredSigningKey, 'revision'>> {
    const {OAUTH_JWT_PRIVATE_KEY_B64: pem, OAUTH_JWT_ALGORITHM: alg} = this.#config
    if (pem === undefined || alg !== 'RS256') return generate(alg)
    return recordOf(createPrivateKey(pem).export({format: 'jwk'}) as JWK, 'RS256')
  }
}

async function generate(alg: 'RS256' | 'ES256'): Promise<Omit<StoredSigningKey, 'revision'>> {
  const {privateKey} = await generateKeyPair(alg, {extractable: true, modulusLength: 2048})
  return recordOf(await exportJWK(privateKey), alg)
}

const publicMembers = ['kty', 'n', 'e', 'crv', 'x', 'y'] as const

async function recordOf(jwk: JWK, alg: 'RS256' | 'ES256'): Promise<Omit<StoredSigningKey, 'revision'>> {
  const kid = await calculateJwkThumbprint(jwk)
  const about = {kid, alg, use: 'sig'}
  const open = Object.fromEntries(
    publicMembers.flatMap(name => (jwk[name] === undefined ? [] : [[name, jwk[name]]])),
  )
  const now = new Date().toISOString()
  return {
    kid,
    alg,
    public_jwk: {...open, ...about},
    private_jwk: {...jwk, ...about},
    owner: adminName,
    created_at: now,
    updated_at: now,
  }
}

const shown = (key: StoredSigningKey, current: boolean): SigningKey => ({
  kid: key.kid,
  alg: key.alg,
  created_at: key.created_at,
  ...(key.retired_at !== undefined && {retired_at: key.retired_at}),
  ...(key.published_until !== undefined && {published_until: key.published_until}),
  current,
})
