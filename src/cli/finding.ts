// What a look at something found, for init and doctor.

export interface Finding {
  status: 'ok' | 'warning' | 'failure'
  detail: string
  /** What to do; commands in backticks. */
  remedy?: string
}

export const ok = (detail: string): Finding => ({status: 'ok', detail})
export const warning = (detail: string, remedy: string): Finding => ({status: 'warning', detail, remedy})
export const failure = (detail: string, remedy: string): Finding => ({status: 'failure', detail, remedy})

/** Milliseconds until nothing is expected any more. */
export const patience = 5000

/** Why a fetch failed: its cause says more than itself. */
export function reasonOf(error: unknown): string {
  const {cause, message} = error as Error
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || message : message
}
