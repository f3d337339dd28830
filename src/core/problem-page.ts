// A problem in front of a person who opened an address in a browser; programs get the document.
import {escape, page} from './page.ts'
import {type Problem, problems} from './problem.ts'

/** Browsers that open an address name HTML first in Accept; programs that call do not. */
export const wantsPage = (method: string | undefined, accept: string): boolean =>
  method === 'GET' && /^\s*text\/html\b/i.test(accept)

/** The problem in words. */
export function problemPage({code, message, status, hint}: Problem, requestId: string): string {
  const {title} = problems[code]
  return page(
    title,
    `<h1>${escape(title)}</h1>
<p>${marked(message)}</p>
<p class="dim">${marked(hint)}</p>
<p class="dim">${status} <code>${code}</code><br>request <code>${escape(requestId)}</code></p>`,
  )
}

/** With its `words in backticks` as code. */
const marked = (text: string): string => escape(text).replace(/`([^`]*)`/g, '<code>$1</code>')
