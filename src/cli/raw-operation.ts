// An operation for a call that the contract does not describe to this command line.
import Type from 'typebox'
import {operations} from '../core/contract/index.ts'
import type {Operation} from '../core/operation.ts'

const atRoot = new Set(operations.filter(({root}) => root).map(({path}) => path))

/** `path` stands under /api/v1 unless it says so itself, or is one of those at the root. */
export const rawOperation = (method: Operation['method'], path: string): Operation => ({
  id: 'api',
  summary: 'A call of the admin API',
  access: 'token',
  method,
  path,
  ...((path.startsWith('/api/') || atRoot.has(path)) && {root: true as const}),
  result: Type.Unknown(),
})
