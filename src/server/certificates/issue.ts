// One issuing, step by step: from the preflight to the chain. Each step is told as it begins.
import type {steps} from '../../core/contract/certificate.ts'
import {covers} from '../../core/names.ts'
import {Problem} from '../../core/problem.ts'
import type {StoredCertificate} from '../../core/store/records.ts'
import {type ChainFacts, checkKey, readChain, splitChain} from '../../core/x509.ts'
import {type Authorities, type Authorization, type Client, createCsr, type Order, reach} from './acme.ts'
import {type CaDocument, CaProblem} from './ca-problem.ts'
import {type ChallengeParts, type Placed, pause, place} from './challenges.ts'
import {preflight} from './preflight.ts'
import {renewalId} from './x509-maker.ts'

export type Step = (typeof steps)[number]

export interface Job extends ChallengeParts {
  authorities: Authorities
  record: StoredCertificate
  /** Private key of the new certificate in PEM. */
  key: string
  /** Tells what is being done. Throws when this job is no longer wanted. */
  tell(step: Step, detail: string, more?: {order_url?: string}): Promise<void>
}

/** The new chain. Throws CaProblem, and Problems of our own. */
export async function issueByAcme(job: Job): Promise<ChainFacts> {
  const {record, authorities} = job
  const directory = record.acme_directory_url as string
  const email = record.email as string
  const host = new URL(directory).host
  if (record.generation.order_url === undefined) await checkBefore(job)
  if (record.profile !== undefined) await authorities.checkProfile(directory, record.profile)
  await job.tell('account', `account of ${email} at ${host}`)
  let client = await authorities.client(directory, email)
  let order: Order
  try {
    order = await begin(job, client, host)
  } catch (error) {
    if (!(error instanceof CaProblem) || error.kind !== 'accountDoesNotExist') throw error
    await authorities.forget(directory, email, false)
    client = await authorities.client(directory, email)
    order = await begin(job, client, host)
  }
  if (order.status === 'pending') await authorize(job, client, order)
  await job.tell('issue', `${host} signs`, {order_url: order.url})
  const finished = await finalize(job, client, order)
  const chain = await reach(directory, () => client.getCertificate(finished))
  return checked(record, chain, job.key)
}

async function checkBefore({record, config, tokens, tell}: Job): Promise<void> {
  const challenge = record.challenge ?? 'http-01'
  if (config.ACME_PREFLIGHT === 'off' || challenge === 'dns-01') return
  await tell('preflight', `DNS and reachability of ${record.domains.join(', ')}`)
  const outcomes = await Promise.allSettled(
    record.domains.map(domain => preflight(config, tokens, domain, challenge)),
  )
  const failed = outcomes.find(outcome => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

/** Go on with the order that a replica left when it died, else begin one. */
async function begin({record, tell, authorities}: Job, client: Client, host: string): Promise<Order> {
  const directory = record.acme_directory_url as string
  const left = record.generation.order_url
  if (left !== undefined) {
    const order = await client.getOrder({url: left} as Order).catch(() => undefined)
    if (order && order.status !== 'invalid') {
      await tell('order', `goes on with the order at ${host}`, {order_url: left})
      return order
    }
  }
  await tell('order', `asks ${host} for ${record.domains.join(', ')}`)
  const identifiers = record.domains.map(value => ({type: 'dns', value}))
  const wish = {identifiers, ...(record.profile !== undefined && {profile: record.profile})}
  const {renewalInfo} = await authorities.directory(directory)
  const [leaf] = splitChain(record.fullchain_pem ?? '')
  // What another CA signed is nothing that this one could replace.
  const replaceable = renewalInfo !== undefined && record.promote_to === undefined
  const replaces = replaceable && leaf !== undefined ? renewalId(leaf) : undefined
  try {
    return await reach(directory, () => client.createOrder({...wish, ...(replaces && {replaces})}))
  } catch (error) {
    // RFC 9773 §5: it was replaced already, or by another account.
    const refused = error instanceof CaProblem && ['alreadyReplaced', 'malformed'].includes(error.kind)
    if (!refused || replaces === undefined) throw error
    return reach(directory, () => client.createOrder(wish))
  }
}

async function authorize(job: Job, client: Client, order: Order): Promise<void> {
  const {record, tell} = job
  const directory = record.acme_directory_url as string
  const all = await reach(directory, () => client.getAuthorizations(order))
  const pending = all.filter(({status}) => status === 'pending')
  const type = record.challenge ?? 'http-01'
  const names = pending.map(({identifier}) => identifier.value).join(', ')
  await tell('challenge', `${type} for ${names || 'nothing: every name was checked before'}`, {
    order_url: order.url,
  })
  const placed: Placed[] = []
  try {
    const chosen = pending.map(authorization => {
      const challenge = authorization.challenges.find(one => one.type === type)
      if (challenge) return {authorization, challenge}
      const offered = authorization.challenges.map(one => one.type).join(', ')
      throw new Problem(
        'acme-misconfigured',
        `The CA does not offer ${type} for ${authorization.identifier.value}`,
        {hint: `it offers ${offered}: set ACME_CHALLENGE, or give --challenge`},
      )
    })
    for (const {authorization, challenge} of chosen) {
      const answer = await client.getChallengeKeyAuthorization(challenge)
      placed.push(await place(job, authorization, challenge, answer))
    }
    await Promise.all(placed.map(one => one.visible()))
    await tell('validation', `the CA checks ${names}`, {order_url: order.url})
    for (const {challenge} of chosen) await reach(directory, () => client.completeChallenge(challenge))
    await validated(job, client, pending)
  } finally {
    await Promise.allSettled(placed.map(one => one.remove()))
  }
}

/** Ask until no authorization is pending. Throws the CA's problem with the first name that failed. */
async function validated({record, config}: Job, client: Client, waiting: Authorization[]): Promise<void> {
  let pending = waiting
  for await (const _ of patience(config)) {
    const authorizations = pending.map(({url}) => url)
    const current = await reach(record.acme_directory_url as string, () =>
      client.getAuthorizations({authorizations} as Order),
    )
    const failed = current.find(({status}) => !['pending', 'valid', 'processing'].includes(status))
    if (failed) throw validationProblem(failed)
    pending = current.filter(({status}) => status !== 'valid')
    if (pending.length === 0) return
  }
  // Some CAs try on and on, and say meanwhile what they found.
  const told = pending.find(({challenges}) => challenges.some(one => one.error))
  if (told) throw validationProblem(told)
  const names = pending.map(({identifier}) => identifier.value).join(', ')
  throw stuck(`The CA has not checked ${names}`)
}

function validationProblem({identifier, challenges, status}: Authorization): CaProblem {
  const error = challenges.find(one => one.error)?.error as CaDocument | undefined
  const document = error ?? {type: 'about:blank', detail: `The authorization is ${status}`}
  return new CaProblem({identifier, ...document}, {validation: true})
}

async function finalize({record, config, key}: Job, client: Client, order: Order): Promise<Order> {
  const directory = record.acme_directory_url as string
  let current = order
  if (current.status === 'pending' || current.status === 'ready') {
    current = await reach(directory, () => client.getOrder(order))
    const [, csr] = await createCsr({altNames: record.domains}, key)
    if (current.status === 'ready') current = await reach(directory, () => client.finalizeOrder(current, csr))
  }
  for await (const _ of patience(config)) {
    if (current.status === 'valid') return current
    if (current.status === 'invalid') {
      throw new CaProblem(
        (current.error as CaDocument | undefined) ?? {detail: 'The CA made the order invalid'},
        {
          validation: true,
        },
      )
    }
    const asked = current
    current = await reach(directory, () => client.getOrder(asked))
  }
  throw stuck('The CA has not signed the certificate')
}

/** At first often, then every ACME_POLL_INTERVAL. */
async function* patience(config: Job['config']): AsyncGenerator<number> {
  let wait = 100
  for (let asked = 0; asked < config.ACME_POLL_ATTEMPTS; asked++) {
    yield asked
    await pause(wait)
    wait = Math.min(wait * 1.5, config.ACME_POLL_INTERVAL * 1000)
  }
}

const stuck = (what: string): Problem =>
  new Problem('ca-unreachable', `${what} in the time allowed`, {
    hint: 'it is tried again; ACME_POLL_INTERVAL and ACME_POLL_ATTEMPTS say how long it is waited for',
  })

/** What the CA sent is what was asked for, and never staging for production. */
function checked(record: StoredCertificate, chain: string, key: string): ChainFacts {
  const facts = readChain(chain)
  checkKey(chain, key)
  const missing = record.domains.find(
    domain => !facts.domains.some(one => one === domain || covers(one, domain)),
  )
  if (missing !== undefined)
    throw new Problem('certificate-invalid', `The CA left out \`${missing}\``, {hint: 'see what the CA says'})
  if (!record.staging && /\(STAGING\)/.test(facts.issued_by))
    throw new Problem(
      'acme-misconfigured',
      `A staging CA (${facts.issued_by}) signed what is no staging order`,
    )
  return facts
}
