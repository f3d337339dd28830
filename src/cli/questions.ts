// The questions of `mcpx init`, in order: each is a flag, a variable of .env, and an answer that is checked when given.
import {settings, type Variable} from '../core/config.ts'
import type {Finding} from './finding.ts'
import {probeOidc, probeOidcClient} from './probe-oidc.ts'
import {probeDomain, probeGithub, probePort, probeRedis} from './probes.ts'

export type Answers = Partial<Record<Variable, string>>

export interface Question {
  variable: Variable
  flag: string
  ask: string
  /** What to know before answering; lines. */
  before?: (answers: Answers) => readonly string[]
  /** Whether it is asked, after these answers. */
  applies?: (answers: Answers) => boolean
  /** Looks whether the answer will do. */
  probe?: (answer: string, answers: Answers) => Promise<Finding | undefined>
}

const has =
  (variable: Variable) =>
  (answers: Answers): boolean =>
    answers[variable] !== undefined

export const questions: readonly Question[] = [
  {
    variable: 'BASE_DOMAIN',
    flag: 'domain',
    ask: 'Domain of this mcpx (empty: only this machine)',
    probe: answer => probeDomain(answer),
  },
  {
    variable: 'ADMIN_EMAIL',
    flag: 'email',
    ask: 'E-mail address for certificates; giving it agrees to the terms of the CA (empty: no certificates)',
    applies: has('BASE_DOMAIN'),
  },
  {variable: 'HTTP_PORT', flag: 'http-port', ask: 'Port for HTTP (empty: 80, else 8080)', probe: portOf},
  {
    variable: 'HTTPS_PORT',
    flag: 'https-port',
    ask: 'Port for HTTPS (empty: 443, else 8443)',
    applies: has('BASE_DOMAIN'),
    probe: portOf,
  },
  {
    variable: 'REDIS_URL',
    flag: 'redis-url',
    ask: 'Redis to keep everything in (empty: a private one)',
    probe: (answer, {REDIS_PASSWORD}) => probeRedis(answer, REDIS_PASSWORD),
  },
  {
    variable: 'GITHUB_CLIENT_ID',
    flag: 'github-client-id',
    ask: 'Client id of the GitHub app people log in with (empty: none)',
    before: answers => githubGuide(answers),
  },
  {
    variable: 'GITHUB_CLIENT_SECRET',
    flag: 'github-client-secret',
    ask: 'Its client secret',
    applies: has('GITHUB_CLIENT_ID'),
    probe: (answer, {GITHUB_CLIENT_ID = '', GITHUB_URL}) =>
      probeGithub(GITHUB_URL ?? settings.GITHUB_URL.default ?? '', GITHUB_CLIENT_ID, answer),
  },
  {
    variable: 'OAUTH_ALLOWED_GITHUB_USERS',
    flag: 'github-users',
    ask: 'GitHub users who may log in, separated by commas (`*`: everybody)',
    applies: has('GITHUB_CLIENT_ID'),
  },
  {
    variable: 'OIDC_ISSUER',
    flag: 'oidc-issuer',
    ask: 'Issuer URL of another provider people log in with: Google, Entra, Keycloak, any OpenID Connect (empty: none)',
    probe: probeOidc,
  },
  {
    variable: 'OIDC_CLIENT_ID',
    flag: 'oidc-client-id',
    ask: 'Client id at that provider',
    before: answers => oidcGuide(answers),
    applies: has('OIDC_ISSUER'),
  },
  {
    variable: 'OIDC_CLIENT_SECRET',
    flag: 'oidc-client-secret',
    ask: 'Its client secret',
    applies: has('OIDC_ISSUER'),
    probe: (answer, answers) =>
      probeOidcClient(answers.OIDC_ISSUER ?? '', {
        id: answers.OIDC_CLIENT_ID ?? '',
        secret: answer,
        redirectUri: callbackOf(answers),
      }),
  },
  {
    variable: 'OAUTH_ALLOWED_OIDC_USERS',
    flag: 'oidc-users',
    ask: 'Verified e-mail addresses that may log in there, separated by commas (`*`: everybody)',
    applies: has('OIDC_ISSUER'),
  },
]

async function portOf(answer: string): Promise<Finding | undefined> {
  return probePort(Number(answer))
}

/** Where mcpx will answer, and its authorization server. */
function originsOf({BASE_DOMAIN, HTTP_PORT}: Answers): {home: string; issuer: string} {
  const port = HTTP_PORT === undefined || HTTP_PORT === '80' ? '' : `:${HTTP_PORT}`
  const local = `http://localhost${port}`
  if (BASE_DOMAIN === undefined) return {home: local, issuer: local}
  return {home: `https://${BASE_DOMAIN}`, issuer: `https://auth.${BASE_DOMAIN}`}
}

const callbackOf = (answers: Answers): string => `${originsOf(answers).issuer}/callback`

/** What to enter at GitHub, so that nothing has to be guessed. */
const githubGuide = (answers: Answers): readonly string[] => [
  'A GitHub app is made at https://github.com/settings/developers (New OAuth app):',
  `  Homepage URL                ${originsOf(answers).home}`,
  `  Authorization callback URL  ${callbackOf(answers)}`,
]

const oidcGuide = (answers: Answers): readonly string[] => [
  'Register a web application (a confidential client) at the provider, with this redirect URI:',
  `  ${callbackOf(answers)}`,
]

/** What is wrong with an answer as such; undefined when it can be used. */
export function mistakeIn(variable: Variable, answer: string): string | undefined {
  try {
    settings[variable].parse(answer)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
