// What went wrong, in words for a person.
import type {ProblemDocument} from '../../core/problem.ts'

/** What the server, or the way to it, said no with. */
export class Failure extends Error {
  readonly problem: Pick<ProblemDocument, 'title' | 'detail' | 'hint' | 'errors'> & {code: string}
  constructor(problem: Failure['problem']) {
    super(problem.detail)
    this.problem = problem
  }
}

/** What to show of any error. */
export const problemIn = (error: unknown): Failure['problem'] =>
  error instanceof Failure
    ? error.problem
    : {code: 'internal', title: 'The page made a mistake', detail: String(error), hint: 'load it again'}
