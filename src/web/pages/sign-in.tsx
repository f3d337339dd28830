// Signing in: with an API token, or with a link of `mcpx open`.
import {useState} from 'preact/hooks'
import {signIn, signInProblem, signingIn} from '../data/session.ts'
import {Problem} from '../parts/bits.tsx'
import {title} from '../parts/title.ts'

export function SignIn() {
  title('Sign in')
  const [token, setToken] = useState('')
  const problem = signInProblem.value
  return (
    <main class="sign-in">
      <h1>
        <span class="brand">mcpx</span> Sign in
      </h1>
      {problem && <Problem problem={problem} />}
      <form
        onSubmit={event => {
          event.preventDefault()
          void signIn({token: token.trim()})
        }}
      >
        <label class="label" for="token">
          API token
        </label>
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          required
          value={token}
          onInput={event => setToken(event.currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={signingIn.value}>
          {signingIn.value ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      <p class="dim">
        On a machine with the command line, <code>mcpx open</code> signs in by itself. The admin token was
        shown when mcpx started for the first time; <code>mcpx serve --reset-admin-token</code> makes another.
      </p>
    </main>
  )
}
