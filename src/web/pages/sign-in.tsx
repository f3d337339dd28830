// Signing in: by a login elsewhere, with an API token, or with a link of `mcpx open`.
import {useEffect, useLayoutEffect, useRef, useState} from 'preact/hooks'
import {leaveFor, loginWays, signIn, signInProblem, signingIn} from '../data/session.ts'
import {Problem} from '../parts/bits.tsx'
import {title} from '../parts/title.ts'

/** The session ended while somebody was at work, which goes on once they are back. */
export function SignInAgain() {
  const ref = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const before = document.title
    // Above any other window that was open.
    ref.current?.setAttribute('closedby', 'none')
    ref.current?.showModal()
    return () => {
      document.title = before
    }
  }, [])
  return (
    <dialog
      ref={ref}
      class="again"
      aria-label="Sign in again"
      // Where it is not known what may close it.
      onClose={() => ref.current?.showModal()}
    >
      <SignIn again />
    </dialog>
  )
}

export function SignIn({again = false}: {again?: boolean}) {
  title('Sign in')
  const [token, setToken] = useState('')
  const [ways, setWays] = useState<[way: string, name: string][]>([])
  useEffect(() => void loginWays().then(found => setWays(Object.entries(found))), [])
  const problem = signInProblem.value
  return (
    <main class="sign-in">
      <h1>
        <span class="brand">mcpx</span> Sign in
      </h1>
      {again && (
        <p>Your session has ended. Sign in to go on where you were: nothing you typed here is lost.</p>
      )}
      {problem && <Problem problem={problem} />}
      {ways.map(([way, name]) => (
        <button key={way} type="button" class="primary" onClick={() => void leaveFor(way)}>
          Continue with {name}
        </button>
      ))}
      {ways.length > 0 && <p class="or dim">or</p>}
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
        <button type="submit" class={ways.length > 0 ? '' : 'primary'} disabled={signingIn.value}>
          {signingIn.value ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      <p class="dim">
        On a machine with the command line, <code>mcpx open</code> signs in by itself. At its first start{' '}
        <code>mcpx serve</code> showed the admin token or, where nobody was at a terminal, named the file it
        is in; <code>mcpx serve --reset-admin-token</code> makes another.
      </p>
    </main>
  )
}
