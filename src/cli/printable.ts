// Texts of others on a terminal.

/** Text that cannot steer a terminal. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, char => (char === '\n' ? char : '\ufffd'))
