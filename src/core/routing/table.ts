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
  /** Exact and prefix rules by path, those tried first in front. */
  readonly #paths = new Map<string, R[]>()
  #patterns: R[] = []

  get empty(): boolean {
    return this.#paths.size === 0 && this.#patterns.length === 0
  }

  add(rule: R): void {
    if (rule.is_regex) {
      this.#patterns = inserted(this.#patterns, rule)
      return
    }
    const path = trimmed(rule.path_pattern)
    this.#paths.set(path, inserted(this.#paths.get(path) ?? [], rule))
  }

  /** Every rule, in no order. */
  *all(): Generator<R> {
    for (const rules of this.#paths.values()) yield* rules
    yield* this.#patterns
  }

  remove(rule: R): void {
    if (rule.is_regex) {
      this.#patterns = without(this.#patterns, rule)
      return
    }
    const path = trimmed(rule.path_pattern)
    const rest = without(this.#paths.get(path) ?? [], rule)
    if (rest.length > 0) this.#paths.set(path, rest)
    else this.#paths.delete(path)
  }

  /** The first rule for `path` (see matchPath) and `method` that `allowed` accepts; `best`, of a nearer scope, unless outranked. */
  find(path: string, method: string, allowed: (rule: R) => boolean, best?: R): R | undefined {
    const whole = trimmed(path)
    let found = best
    for (let end = whole; ; end = end.slice(0, end.lastIndexOf('/'))) {
      for (const rule of this.#paths.get(end) ?? none) {
        if (rule.is_exact && end !== whole) continue
        if (!precedes(rule, found, best)) break
        if (takes(rule, method) && allowed(rule)) found = rule
      }
      if (end === '') break
    }
    for (const rule of this.#patterns) {
      if (!precedes(rule, found, best)) break
      if (takes(rule, method) && allowed(rule) && matchesPattern(rule, path)) found = rule
    }
    return found
  }
}

const none: readonly never[] = []

/** Against `best`, of a nearer scope, a rule must outrank; among rules of one scope the id decides as well. */
const precedes = (rule: Rule, found: Rule | undefined, best: Rule | undefined): boolean => {
  if (found === undefined) return true
  return found === best ? rank(rule, found) > 0 : comesFirst(rule, found)
}

function inserted<R extends Rule>(rules: readonly R[], rule: R): R[] {
  const at = rules.findIndex(other => comesFirst(rule, other))
  return at === -1 ? [...rules, rule] : [...rules.slice(0, at), rule, ...rules.slice(at)]
}

const without = <R extends Rule>(rules: readonly R[], rule: R): R[] =>
  rules.filter(({route_id}) => route_id !== rule.route_id)
