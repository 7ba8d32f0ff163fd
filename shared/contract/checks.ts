import { z } from 'zod'

import { ValidationIssue } from './validationIssue.js'

/** Runs what a schema was refined with on a decoded value: the value to keep, or the first issue. */
export type Checks = (value: unknown) => unknown

/**
 * The checks of a zod schema (`min`, `regex`, formats, `refine`, `superRefine`, and overwrites as `trim`), without its
 * parser. Undefined when there are none.
 * @param self whether the schema's own format (`z.uuid()`, `z.int32()`) is checked as well
 */
export function checksOf(schema: z.core.$ZodType, self: boolean): Checks | undefined {
  const added = (schema._zod.def.checks ?? []) as z.core.$ZodCheck<unknown>[]
  const isCheck = self && schema._zod.traits.has('$ZodCheck')
  const all = isCheck ? [schema as unknown as z.core.$ZodCheck<unknown>, ...added] : added
  if (all.length === 0) return undefined
  if (all.length === 1 && all[0] !== undefined) return single(all[0])
  const steps = all.map(single)
  return value => {
    let kept = value
    for (const step of steps) {
      kept = step(kept)
      if (kept instanceof ValidationIssue) return kept
    }
    return kept
  }
}

function single(check: z.core.$ZodCheck<unknown>): Checks {
  const surelyHolds = fastTest(check)
  const { when } = check._zod.def
  return value => {
    if (surelyHolds?.(value) === true) return value
    const payload: z.core.ParsePayload = { value, issues: [] }
    try {
      if (when !== undefined && !when(payload)) return value
      const pending: unknown = check._zod.check(payload)
      if (pending instanceof Promise) {
        pending.catch(() => undefined)
        return new ValidationIssue('FIELD_VALUE', 'its check is asynchronous, which a contract cannot have')
      }
    } catch (error) {
      return new ValidationIssue(
        'FIELD_VALUE',
        `its check failed: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    const first = payload.issues[0]
    if (first === undefined) return payload.value
    const issue = new ValidationIssue('FIELD_VALUE', z.core.util.finalizeIssue(first, {}, z.core.config()).message)
    for (const segment of [...(first.path ?? [])].reverse()) {
      if (typeof segment === 'number') issue.inElement(segment)
      else issue.inField(String(segment))
    }
    return issue
  }
}

/** For the checks that nearly every contract has: a test that needs no payload. Where it fails, zod finds the words. */
function fastTest(check: z.core.$ZodCheck<unknown>): ((value: unknown) => boolean) | undefined {
  const { def } = check._zod
  if (def.check === 'min_length') {
    const { minimum } = def as z.core.$ZodCheckMinLengthDef
    return value => typeof value === 'string' && value.length >= minimum
  }
  if (def.check === 'max_length') {
    const { maximum } = def as z.core.$ZodCheckMaxLengthDef
    return value => typeof value === 'string' && value.length <= maximum
  }
  if (def.check === 'greater_than') {
    const bound = (def as z.core.$ZodCheckGreaterThanDef).value
    return value => (value as number) > (bound as number)
  }
  if (def.check === 'less_than') {
    const bound = (def as z.core.$ZodCheckLessThanDef).value
    return value => (value as number) < (bound as number)
  }
  return undefined
}
