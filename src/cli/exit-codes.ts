// How commands end; `mcpx help exit-codes` says it in words.
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  cancelled: 2,
  authentication: 4,
  interrupted: 130,
} as const
