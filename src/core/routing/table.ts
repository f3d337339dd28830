// Routes of one scope (a host, the proxies of an owner, every host), found by path.
import {RE2JS} from 're2js'
import type {Route} from '../contract/route.ts'
import {trimmed} from './path.ts'

/** What the tables need of a route; built-in routes have no more than this. */
export type Rule = Pick<
  Route,
  'route_id' | 'path_pattern' | 'priority' | 'methods' | 'is_exact' | 'is_regex' | 'enabled'
>

/** Compiles RE2 syntax (linear time, no backreferences or lookaround). Throws RE2JSException with the reason. */
export const compilePattern = (pattern: string): RE2JS => RE2JS.compile(pattern)

const patterns = new WeakMap<Rule, RE2JS>()
const matchesPattern = (rule: Rule, path: string): boolean => {
  const known = patterns.get(rule)
  if (known) return known.matches(path)
  const made = compilePattern(rule.path_pattern)
  patterns.set(rule, made)
  return made.matches(path)
}

const takes = (rule: Rule, method: string): boolean =>
  rule.enabled &&
  (rule.methods[0] === '*' ||
    (rule.methods as readonly string[]).includes(method) ||
    rule.methods.includes('*'))

/** Exact before prefix, longer before shorter, both before a regular expression. */
const specificity = (rule: Rule): number => {
  if (rule.is_regex) return 0
  return rule.is_exact ? Number.MAX_SAFE_INTEGER : 1 + trimmed(rule.path_pattern).length
}

/** Above 0 when `one` is tried before `other`: by priority, then specificity. */
const rank = (one: Rule, other: Rule): number =>
  one.priority - other.priority || specificity(one) - specificity(other)

/** Whether `one` is tried before `other` of the same scope; among equals the id decides, never chance. */
export const comesFirst = (one: Rule, other: Rule): boolean => {
  const difference = rank(one, other)
  return difference === 0 ? one.route_id < other.route_id : difference > 0
}

export class RouteTable<R extends Rule> {
  readonly #exact = new Map<string, R[]>()
  readonly #prefix = new Map<string, R[]>()
  #regex: R[] = []

  get empty(): boolean {
    return this.#exact.size === 0 && this.#prefix.size === 0 && this.#regex.length === 0
  }

  add(rule: R): void {
    if (rule.is_regex) {
      const at = this.#regex.findIndex(other => comesFirst(rule, other))
      this.#regex.splice(at === -1 ? this.#regex.length : at, 0, rule)
      return
    }
    const [map, path] = this.#place(rule)
    const list = map.get(path)
    if (list) list.push(rule)
    else map.set(path, [rule])
  }

  remove(rule: R): void {
    if (rule.is_regex) {
      this.#regex = this.#regex.filter(other => other.route_id !== rule.route_id)
      return
    }
    const [map, path] = this.#place(rule)
    const rest = map.get(path)?.filter(other => other.route_id !== rule.route_id) ?? []
    if (rest.length > 0) map.set(path, rest)
    else map.delete(path)
  }

  /** The first rule for `path` (see matchPath) and `method` that `allowed` accepts; `best`, of a nearer scope, unless outranked. */
  find(path: string, method: string, allowed: (rule: R) => boolean, best?: R): R | undefined {
    let found = best
    const precedes = (rule: R): boolean =>
      found === undefined || (found === best ? rank(rule, found) > 0 : comesFirst(rule, found))
    const consider = (rule: R): void => {
      if (precedes(rule) && takes(rule, method) && allowed(rule)) found = rule
    }
    if (this.#exact.size > 0) this.#exact.get(trimmed(path))?.forEach(consider)
    if (this.#prefix.size > 0) {
      for (let end = trimmed(path); ; end = end.slice(0, end.lastIndexOf('/'))) {
        this.#prefix.get(end)?.forEach(consider)
        if (end === '') break
      }
    }
    for (const rule of this.#regex) {
      if (!precedes(rule)) break
      if (takes(rule, method) && allowed(rule) && matchesPattern(rule, path)) found = rule
    }
    return found
  }

  #place(rule: R): [Map<string, R[]>, string] {
    return [rule.is_exact ? this.#exact : this.#prefix, trimmed(rule.path_pattern)]
  }
}
