// How wide the terminal is.

/** Columns of a terminal; one that tells no size, such as that of a serial line, has those of $COLUMNS, or 80. */
export function terminalWidth(
  {columns}: {columns?: number},
  {COLUMNS}: Record<string, string | undefined>,
): number {
  return columns || Math.max(0, Math.floor(Number(COLUMNS ?? 0))) || 80
}
