// What a certificate record waits for, and until when.
import type {StoredCertificate} from '../../core/store/records.ts'

const never = Number.POSITIVE_INFINITY
const time = (text: string | undefined): number => (text === undefined ? never : Date.parse(text))

export type Task = 'issue' | 'expire' | 'ask' | 'staple'

/** What has to be done with it next, and when (ms since 1970). */
export function nextTask({generation, renewal, issuer, status, expires_at, ocsp_next}: StoredCertificate): {
  task: Task
  at: number
} {
  const expiry = {task: 'expire', at: status === 'active' ? time(expires_at) : never} as const
  const sooner = (task: Task, at: number): {task: Task; at: number} => (at < expiry.at ? {task, at} : expiry)
  switch (generation.state) {
    case 'accepted':
    // It is this leader's own, or one that a leader left when it died.
    case 'in_progress':
      return {task: 'issue', at: 0}
    case 'failed':
      // What was refused to be promoted is still renewed.
      return sooner('issue', time(generation.next_try_at ?? renewal?.at))
    case 'completed': {
      if (issuer === 'imported') return expiry
      const tasks: [Task, number][] = [
        ['issue', time(renewal?.at)],
        ['ask', time(renewal?.check_at)],
        ['staple', time(ocsp_next)],
      ]
      const [task, at] = tasks.reduce((first, next) => (next[1] < first[1] ? next : first))
      return sooner(task, at)
    }
  }
}

export const dueAt = (record: StoredCertificate): number => nextTask(record).at
