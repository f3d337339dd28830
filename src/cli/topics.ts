// Help that belongs to no command: `mcpx help exit-codes`, `mcpx help environment`.
export const topics: Readonly<Record<string, string>> = {
  'exit-codes': `How commands end

  0    done
  1    failed; the problem says why, and what to do
  2    not done: the command line is not right, or the answer to a question was no
  4    the server wants a token, or does not know the one that was sent
  9    Node itself did not begin: it found no file of the name in --env-file
  130  ended by Ctrl-C while something was waited for

With --json the problem is printed as a document (RFC 9457) on standard output;
its \`code\` is permanent.

diff and the commands that look at something (doctor, test, validate, check) end with 1
as well when they found a difference or a fault. In a script --json tells these apart:
  mcpx diff -f mcpx.yaml --json | jq -e 'has("code")'            it failed
  mcpx diff -f mcpx.yaml --json | jq -e '.changes | length > 0'  it differs
`,
  confirmation: `What commands ask before they act

  nothing          what the opposite command takes back: create, enable, disable, stop
  yes or no        what a command brings back: deleting a route, instance or resource,
                   ending a login, closing a port, taking the login off a proxy
  the name, typed  what nothing brings back, because a secret, a key or data goes with
                   it: deleting a proxy (its keys), certificate, token, service or
                   OAuth client, revoking a key or port token; and what changes many
                   records at once: apply with deletions, restore

Ctrl-C is always no. --yes (or --force) answers all of them. Without a terminal, or
with --no-input, nothing is asked: the command ends with 2 and changes nothing.
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
