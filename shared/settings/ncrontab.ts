/** A timer's schedule: which instants it fires at, in UTC. */
export interface Schedule {
  /** The first occurrence after `time` (ms, exclusive), or undefined when there is none within eight years. */
  next(time: number): number | undefined
}

const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** What keeps an expression from being a schedule. */
export class ScheduleFault extends Error {}

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const second: Field = { name: 'second', min: 0, max: 59 }
const minute: Field = { name: 'minute', min: 0, max: 59 }
const hour: Field = { name: 'hour', min: 0, max: 23 }
const day: Field = { name: 'day', min: 1, max: 31 }
const month: Field = { name: 'month', min: 1, max: 12, names: monthNames }
const dayOfWeek: Field = { name: 'day of week', min: 0, max: 6, names: dayNames }

const horizonYears = 8

/**
 * Reads an NCRONTAB expression as timer triggers have it: `second minute hour day month day-of-week` (or the five
 * fields without seconds); each `*`, a number, a name (`jan`, `mon`), a range, a step or a list of them. A day must
 * satisfy both the day and the day-of-week field.
 * @throws ScheduleFault that names the field
 */
export function parseNcrontab(expression: string): Schedule {
  const parts = expression.trim().split(/\s+/)
  if (parts.length !== 5 && parts.length !== 6) {
    const count = expression.trim() === '' ? 0 : parts.length
    throw new ScheduleFault(`it has ${count} fields; six are expected: second minute hour day month day-of-week`)
  }
  const [s, m, h, d, mo, dow] = parts.length === 6 ? parts : ['0', ...parts]
  const read = (text: string | undefined, field: Field) => valuesOf(text ?? '', field)
  return scheduleOf({
    seconds: read(s, second),
    minutes: read(m, minute),
    hours: read(h, hour),
    days: read(d, day),
    months: read(mo, month),
    daysOfWeek: read(dow, dayOfWeek),
  })
}

/** Whether a field has a value, by the value. */
type Values = readonly boolean[]

/** The values of an expression's fields. */
interface FieldValues {
  readonly seconds: Values
  readonly minutes: Values
  readonly hours: Values
  readonly days: Values
  readonly months: Values
  readonly daysOfWeek: Values
}

function scheduleOf(values: FieldValues): Schedule {
  return {
    next(time) {
      const t = new Date(Math.floor(time / 1000) * 1000 + 1000)
      const lastYear = t.getUTCFullYear() + horizonYears
      while (t.getUTCFullYear() <= lastYear) {
        if (values.months[t.getUTCMonth() + 1] !== true) {
          t.setUTCMonth(t.getUTCMonth() + 1, 1)
          t.setUTCHours(0, 0, 0)
        } else if (values.days[t.getUTCDate()] !== true || values.daysOfWeek[t.getUTCDay()] !== true) {
          t.setUTCDate(t.getUTCDate() + 1)
          t.setUTCHours(0, 0, 0)
        } else if (values.hours[t.getUTCHours()] !== true) t.setUTCHours(t.getUTCHours() + 1, 0, 0)
        else if (values.minutes[t.getUTCMinutes()] !== true) t.setUTCMinutes(t.getUTCMinutes() + 1, 0)
        else if (values.seconds[t.getUTCSeconds()] !== true) t.setUTCSeconds(t.getUTCSeconds() + 1)
        else return t.getTime()
      }
      return undefined
    },
  }
}

function valuesOf(text: string, field: Field): Values {
  const values = new Array<boolean>(field.max + 1).fill(false)
  for (const item of text.split(',')) {
    const [range = '', stepText, ...rest] = item.split('/')
    if (rest.length > 0) throw new ScheduleFault(`"${item}" is not a ${field.name}`)
    const step = stepText === undefined ? 1 : wholeNumber(stepText)
    if (step === undefined || step < 1) throw new ScheduleFault(`"${item}" has no usable step`)
    const [from, to] = rangeOf(range, stepText !== undefined, field)
    for (let v = from; v <= to; v += step) values[v] = true
  }
  return values
}

function rangeOf(text: string, stepped: boolean, field: Field): [number, number] {
  if (text === '*') return [field.min, field.max]
  const [first = '', last, ...rest] = text.split('-')
  const from = valueOf(first, field)
  const to = last === undefined ? (stepped ? field.max : from) : valueOf(last, field)
  if (from === undefined || to === undefined || from > to || rest.length > 0) {
    throw new ScheduleFault(`"${text}" is not a ${field.name} from ${field.min} to ${field.max}`)
  }
  return [from, to]
}

function valueOf(text: string, field: Field): number | undefined {
  const named = text.length < 3 ? -1 : (field.names?.findIndex(name => name.startsWith(text.toLowerCase())) ?? -1)
  if (named >= 0) return named + field.min
  const value = wholeNumber(text)
  return value === undefined || value < field.min || value > field.max ? undefined : value
}

function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined
}
