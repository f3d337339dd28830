// The questions of `mcpx init`, in order: each is a flag, a variable of .env, and an answer that is checked when given.
import {settings, type Variable} from '../core/config.ts'
import {type Finding, probeDomain, probeGithub, probePort, probeRedis} from './probes.ts'

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
    before: githubGuide,
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
]

async function portOf(answer: string): Promise<Finding | undefined> {
  return probePort(Number(answer))
}

/** What to enter at GitHub, so that nothing has to be guessed. */
function githubGuide({BASE_DOMAIN, HTTP_PORT}: Answers): readonly string[] {
  const port = HTTP_PORT === undefined || HTTP_PORT === '80' ? '' : `:${HTTP_PORT}`
  const home = BASE_DOMAIN === undefined ? `http://localhost${port}` : `https://${BASE_DOMAIN}`
  const issuer = BASE_DOMAIN === undefined ? home : `https://auth.${BASE_DOMAIN}`
  return [
    'A GitHub app is made at https://github.com/settings/developers (New OAuth app):',
    `  Homepage URL                ${home}`,
    `  Authorization callback URL  ${issuer}/callback`,
  ]
}

/** What is wrong with an answer as such; undefined when it can be used. */
export function mistakeIn(variable: Variable, answer: string): string | undefined {
  try {
    settings[variable].parse(answer)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
