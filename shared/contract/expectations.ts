import { asError } from '../errors.js'
import { type ExpectationAction, expectationActions, type ParseOutcome } from './stream.js'

/** Says something of an event whose fields have their types. */
export type Predicate = (event: unknown) => boolean

/** One rule of quality. */
export interface Expectation {
  readonly name: string
  readonly holds: Predicate
  readonly action: ExpectationAction
}

/** What rules say of an event that does not fulfil all of them. */
export type BrokenRules =
  | { readonly isKept: true; readonly warnings: readonly string[] }
  | { readonly isKept: false; readonly outcome: Extract<ParseOutcome, { valid: false }> }

/** Undefined for an event that fulfils all rules. */
export type Rules = (event: unknown) => BrokenRules | undefined

/** Whether any record can be one that may not be passed: only then is it worth validating all of them before. */
export function canStop(actions: ReadonlyMap<string, ExpectationAction>): boolean {
  return [...actions.values()].includes('fail')
}

/** What is wrong with an expectation as it is declared; declarations may be plain JavaScript. */
export function expectationFault(holds: unknown, action: unknown): string | undefined {
  if (typeof holds !== 'function') return 'has no predicate: say { holds: event => …, action }'
  if (expectationActions.some(known => known === action)) return undefined
  return `has the action ${typeof action === 'string' ? JSON.stringify(action) : String(action)}, which is none of ${expectationActions.join(', ')}`
}

/** The filter and the expectations, asked in their order; the first that is not fulfilled and no mere warning decides. */
export function rulesOf(expectations: readonly Expectation[], where: Predicate | undefined): Rules {
  return event => {
    const filtered = where === undefined ? undefined : filteredBy(event, where)
    if (filtered !== undefined) return filtered
    let warnings: string[] | undefined
    for (const { name, holds, action } of expectations) {
      const broken = brokenBy(event, holds)
      if (broken === undefined) continue
      if (action === 'warn') {
        warnings ??= []
        warnings.push(name)
        continue
      }
      const code = action === 'drop' ? 'EXPECTATION_DROPPED' : 'EXPECTATION_FAILED'
      const rejection = { code, path: name, message: broken } as const
      const stops = action === 'fail' ? { stops: true as const } : {}
      return { isKept: false, outcome: { valid: false, rejection, warnings, ...stops } }
    }
    return warnings === undefined ? undefined : { isKept: true, warnings }
  }
}

/** Where the filter cannot say, the record is not silently left out. */
function filteredBy(event: unknown, where: Predicate): BrokenRules | undefined {
  try {
    if ((where(event) as unknown) === true) return undefined
    const rejection = { code: 'FILTERED', path: '', message: "the contract's where is not true of it" } as const
    return { isKept: false, outcome: { valid: false, rejection } }
  } catch (error) {
    const message = `the contract's where threw: ${asError(error).message}`
    return {
      isKept: false,
      outcome: { valid: false, rejection: { code: 'EXPECTATION_FAILED', path: 'where', message } },
    }
  }
}

function brokenBy(event: unknown, holds: Predicate): string | undefined {
  try {
    // A predicate may be plain JavaScript: anything but true is not fulfilled.
    return (holds(event) as unknown) === true ? undefined : 'the expectation is not fulfilled'
  } catch (error) {
    return `the expectation threw: ${asError(error).message}`
  }
}
