// Answers to http-01 challenges, where any replica finds them until they expire.
import {ExpiringValues} from '../../core/store/expiring.ts'
import type {Store} from '../../core/store/store.ts'

const kind = 'acme-challenge'

export class ChallengeTokens {
  readonly #values: ExpiringValues

  constructor(store: Store) {
    this.#values = new ExpiringValues(store)
  }

  async set(token: string, answer: string, seconds: number): Promise<void> {
    await this.#values.put(kind, token, answer, seconds)
  }

  async get(token: string): Promise<string | undefined> {
    return (await this.#values.get<string>(kind, token))?.value
  }

  async delete(token: string): Promise<void> {
    await this.#values.delete(kind, token)
  }
}
