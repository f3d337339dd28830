// Help that belongs to no command: `mcpx help exit-codes`, `mcpx help environment`.
export const topics: Readonly<Record<string, string>> = {
  'exit-codes': `How commands end

  0  done
  1  failed; the problem says why, and what to do
  2  not done: the command line is not right, or the answer to a question was no
  4  the server wants a token, or does not know the one that was sent

With --json the problem is printed as a document (RFC 9457) on standard output;
its \`code\` is permanent.
`,
  environment: `Variables that commands read

  MCPX_URL         server to speak to
  MCPX_TOKEN       token to send; ADMIN_TOKEN is read after it
  MCPX_CONTEXT     context to use
  XDG_CONFIG_HOME  where contexts are kept, in mcpx/contexts.json
  NO_COLOR         any value: no colours

Flags win over variables, variables over the current context. A token of a
context is sent to the server of that context only.
`,
}
