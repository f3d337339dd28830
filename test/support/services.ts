// Services in tests: names that no other run has, and waiting for what they become.
import {randomBytes} from 'node:crypto'
import {type Answer, type TestApi} from './api.ts'
import {docker} from './docker.ts'
import {until} from './until.ts'

/** A name that no other run has: containers of all runs live on one engine. */
export const unique = (word: string): string => `${word}-${randomBytes(4).toString('hex')}`

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into documents freely
export const inspect = (name: string): any => JSON.parse(docker('inspect', `mcpx-${name}`))[0]

/** The service once it has this status. */
export async function settled(
  {admin}: Pick<TestApi, 'admin'>,
  name: string,
  status: string,
  within = 20_000,
): Promise<Answer['body']> {
  let last: Answer['body']
  const has = async (): Promise<boolean> => {
    last = (await admin('GET', `/api/v1/services/${name}`)).body
    return last.status === status
  }
  await until(has, `${name} is ${status}`, within, 50).catch(error => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`)
  })
  return last
}

export async function removeServices({admin}: Pick<TestApi, 'admin'>): Promise<void> {
  for (const {service_name} of (await admin('GET', '/api/v1/services')).body.items)
    await admin('DELETE', `/api/v1/services/${service_name}?delete_proxy=true`)
}
