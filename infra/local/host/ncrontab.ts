import { asError } from '../../../shared/errors.js'
import { parseNcrontab, type Schedule } from '../../../shared/settings/index.js'
import { HostError } from './hostError.js'

export type { Schedule } from '../../../shared/settings/index.js'

/**
 * The schedule of a timer's binding.
 * @throws HostError that names the field
 */
export function parseSchedule(expression: string): Schedule {
  try {
    return parseNcrontab(expression)
  } catch (thrown) {
    const { message } = asError(thrown)
    throw new HostError('SCHEDULE', `The schedule "${expression}" cannot be read: ${message}.`, {
      data: { expression },
      cause: thrown,
    })
  }
}
