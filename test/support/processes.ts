// The processes of a server under test, as the system sees them.
import {execFileSync} from 'node:child_process'

export interface ProcessEntry {
  pid: number
  ppid: number
  command: string
}

/** Every process that descends from `pid`. */
export function descendants(pid: number): ProcessEntry[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], {encoding: 'utf8'})
    .split('\n')
    .map(line => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter(match => match !== null)
    .map(([, id, parent, command = '']) => ({pid: Number(id), ppid: Number(parent), command}))
  const found: ProcessEntry[] = []
  const visit = (parent: number): void => {
    for (const one of all.filter(({ppid}) => ppid === parent)) {
      found.push(one)
      visit(one.pid)
    }
  }
  visit(pid)
  return found
}

/** Pids of those whose command line matches. */
export const pidsOf = (pid: number, command: RegExp): number[] =>
  descendants(pid)
    .filter(one => command.test(one.command))
    .map(one => one.pid)

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
