// Asks the questions of `mcpx init`, or takes their answers from flags, and checks each as it is given.
import {Problem} from '../core/problem.ts'
import type {Finding} from './finding.ts'
import type {Output} from './output.ts'
import {type Answers, mistakeIn, type Question, questions} from './questions.ts'
import {errorStyle as style} from './style.ts'

export interface Wizard {
  /** Answers of flags, by variable. */
  given: Answers
  /** What `.env` has already, settings that are not asked for included. */
  kept: Answers
  /** Whether a person can be asked. */
  asks: boolean
  output: Output
}

/** Throws usage when an answer cannot be used and nobody can be asked again. */
export async function answersOf(wizard: Wizard): Promise<Answers> {
  const answers: Answers = {}
  for (const question of questions) {
    if (question.applies && !question.applies({...wizard.kept, ...answers, ...wizard.given})) continue
    const answer = await answerTo(question, answers, wizard)
    if (answer !== undefined && answer !== '') answers[question.variable] = answer
  }
  return answers
}

async function answerTo(question: Question, answers: Answers, wizard: Wizard): Promise<string | undefined> {
  const {given, kept, asks, output} = wizard
  const fromFlag = given[question.variable]
  if (fromFlag !== undefined || !asks) {
    const answer = fromFlag ?? kept[question.variable]
    const finding = answer ? await judged(question, answer, {...kept, ...answers}) : undefined
    if (finding?.status === 'failure' && finding.fatal)
      throw new Problem('usage', `--${question.flag}: ${finding.detail}.`, {
        ...(finding.remedy !== undefined && {hint: finding.remedy}),
      })
    if (finding) tell(finding, output)
    return answer
  }
  for (const line of question.before?.({...kept, ...answers}) ?? []) output.note(style.dim(line))
  for (;;) {
    const answer = await asked(question, kept[question.variable])
    const finding = answer ? await judged(question, answer, {...kept, ...answers}) : undefined
    if (finding) tell(finding, output)
    if (finding?.status !== 'failure') return answer
    if (!finding.fatal && (await keptAnyway())) return answer
  }
}

type Judged = Finding & {/** It cannot be written at all. */ fatal: boolean}

async function judged(question: Question, answer: string, answers: Answers): Promise<Judged | undefined> {
  const mistake = mistakeIn(question.variable, answer)
  if (mistake !== undefined) return {status: 'failure', detail: mistake, fatal: true}
  const finding = await question.probe?.(answer, answers)
  return finding && {...finding, fatal: false}
}

function tell({status, detail, remedy}: Finding, output: Output): void {
  const sign = {ok: style.green('✓'), warning: style.yellow('!'), failure: style.red('✗')}[status]
  output.note(`${sign} ${detail}`)
  if (remedy !== undefined) output.note(`  → ${remedy}`)
}

async function asked({ask, variable}: Question, before: string | undefined): Promise<string> {
  const {input, password} = await import('@inquirer/prompts')
  const context = {output: process.stderr}
  if (!variable.endsWith('_SECRET'))
    return (await input({message: `${ask}:`, ...(before !== undefined && {default: before})}, context)).trim()
  const message = before === undefined ? `${ask}:` : `${ask} (empty: as it is):`
  return (await password({message, mask: true, toggleMask: false}, context)).trim() || (before ?? '')
}

async function keptAnyway(): Promise<boolean> {
  const {select} = await import('@inquirer/prompts')
  const choices = [
    {name: 'Answer again', value: false},
    {name: 'Keep it anyway', value: true},
  ]
  return select({message: 'What now?', choices}, {output: process.stderr})
}
