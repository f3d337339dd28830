// Encryption at rest of what is secret: AES-256-GCM, bound to the place where the value is kept.
import {createCipheriv, createDecipheriv, createHash, randomBytes} from 'node:crypto'

const version = 's1.'

export class Seal {
  readonly #key: Buffer

  /** `key` is 32 bytes. */
  constructor(key: Buffer) {
    this.#key = key
  }

  /** Encrypt `text` for `place` (e.g. `proxy/api.example.com/custom_headers`); it opens nowhere else. */
  seal(place: string, text: string): string {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(place))
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return version + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
  }

  /** Throws when it was sealed with another key, for another place, or altered. */
  open(place: string, sealed: string): string {
    if (!sealed.startsWith(version)) throw new Error(`${place} is not a sealed value`)
    const bytes = Buffer.from(sealed.slice(version.length), 'base64url')
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12))
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
    } catch (cause) {
      throw new Error(
        `${place} was sealed with another key; set MCPX_SECRET_KEY to the key this Redis was used with`,
        {cause},
      )
    }
  }
}

/** SHA-256 in base64url: how bearer secrets are kept. They have 256 random bits, so no salt or stretching is needed. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

/** A bearer secret: `prefix` and 32 random bytes, base64url. */
export const makeSecret = (prefix: string): string => prefix + randomBytes(32).toString('base64url')
