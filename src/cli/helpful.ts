// A connection for people: what is not found is told together with the name that is near.
import {type Connection, RemoteProblem} from '../core/connect.ts'
import type {Operation} from '../core/operation.ts'

/** Problems that may be about a name in what was sent. */
const referring = new Set(['reference-unknown', 'documents-invalid'])

export const helpful = (connection: Connection): Connection => ({
  url: connection.url,
  async call(operation, sent, options) {
    try {
      return await connection.call(operation, sent, options)
    } catch (error) {
      throw await helped(error, connection, operation, sent.params)
    }
  },
  async *stream(operation, sent, options) {
    try {
      yield* connection.stream(operation, sent, options)
    } catch (error) {
      throw await helped(error, connection, operation, sent.params)
    }
  },
})

async function helped(
  error: unknown,
  connection: Connection,
  operation: Operation,
  params: Readonly<Record<string, unknown>> | undefined,
): Promise<unknown> {
  if (!(error instanceof RemoteProblem)) return error
  const {withNearest, withNearestReferences} = await import('./record-names.ts')
  if (error.code === 'not-found') return withNearest(error, connection, operation, params)
  return referring.has(error.code) ? withNearestReferences(error, connection) : error
}
