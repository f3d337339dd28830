// What was likely meant by a text that does not fit the pattern of its field.
import {domainToASCII} from 'node:url'

const hostOf = (text: string): string =>
  URL.parse(text.includes('://') ? text : `http://${text}`)?.hostname ?? ''

const dashed = (text: string, others: RegExp): string =>
  text.trim().toLowerCase().replaceAll(others, '-').replaceAll(/^-|-$/g, '')

/** The first that fits is the guess; '' fits nothing. */
const repairs: ((text: string) => string)[] = [
  text => text.trim(),
  text =>
    text
      .trim()
      .toLowerCase()
      .replaceAll(/^\[|[\].]$/g, ''),
  text => domainToASCII(text.trim()),
  text => (/^\d{1,5}$/.test(text) ? `http://127.0.0.1:${text}` : ''),
  text => (text.includes('://') ? '' : `http://${text.trim()}`),
  text => (text.includes('://') ? '' : `https://${text.trim()}`),
  text => `/${text.trim()}`,
  text => `[${text.trim().toLowerCase()}]`,
  hostOf,
  text => dashed(text, /[^a-z0-9.]+/g),
  text => dashed(text, /[^a-z0-9]+/g),
]

/** Nothing is guessed about texts that may hold credentials. */
export function likely(text: string, pattern: string): string | undefined {
  if (text.includes('@') || text.length > 253) return undefined
  const form = new RegExp(pattern, 'u')
  return repairs.map(repair => repair(text)).find(guess => guess !== '' && form.test(guess))
}
