import { ContractError } from '../contractError.js'
import { type ContractField, fieldsAt } from '../contractField.js'
import { checkFieldNames } from '../fieldName.js'
import { type FieldPath, inItems, inValues, type UndeclaredField, type ValueKind } from '../undeclared/index.js'

/** What a contract would say of a field that it lacks, or why it cannot say it. */
export type ContractLine =
  { readonly line: string; readonly why?: undefined } | { readonly line?: undefined; readonly why: string }

/**
 * Where a field is, as the paths of rejected records have it: `payload.items[].sku`; names that are no identifiers in
 * brackets and quotes.
 */
export function fieldText(path: FieldPath): string {
  return path.reduce<string>((text, step) => {
    if (step === inItems) return `${text}[]`
    if (step === inValues) return `${text}{}`
    if (!isIdentifier(step)) return `${text}[${JSON.stringify(step)}]`
    return text === '' ? step : `${text}.${step}`
  }, '')
}

/** Without those that are inside another one. */
export function outermostFields<F extends UndeclaredField>(fields: readonly F[]): readonly F[] {
  const places = new Set(fields.map(({ path }) => JSON.stringify(path)))
  return fields.filter(({ path }) => path.every((_, i) => i === 0 || !places.has(JSON.stringify(path.slice(0, i)))))
}

/**
 * The line by which a contract takes a field that records have: `country: z.string().optional()`.
 *
 * @param fields all that are known, among them those inside it
 * @param declared as `Stream.fields`
 */
export function contractLine(
  field: UndeclaredField,
  fields: readonly UndeclaredField[],
  declared: readonly ContractField[],
): ContractLine {
  const name = field.path.at(-1)
  if (typeof name !== 'string') return { why: 'only fields have names' }
  const fault = nameFault(field.path, siblings(declared, field.path))
  if (fault !== undefined) return { why: fault }
  const type = typeText(field, fields)
  return type.line === undefined ? type : { line: `${nameText(name)}: ${type.line}${absence(field)}` }
}

function typeText(field: UndeclaredField, fields: readonly UndeclaredField[]): ContractLine {
  const kinds = field.kinds.filter(kind => kind !== 'null')
  const [kind] = kinds
  if (kind === undefined) return { why: 'nothing but null was seen in it' }
  if (kind === 'array' && kinds.length === 1) return arrayText(field, fields)
  if (kind === 'object' && kinds.length === 1) return objectText(field, fields)
  const type = scalars.find(one => kinds.every(k => one.takes.includes(k)))
  return type === undefined ? { why: `no column's type takes ${kinds.map(k => words[k]).join(' and ')}` } : type
}

/** The first that takes all kinds is the narrowest. */
const scalars: readonly { readonly line: string; readonly takes: readonly ValueKind[] }[] = [
  { line: 'z.boolean()', takes: ['boolean'] },
  { line: 'long()', takes: ['whole'] },
  { line: 'double()', takes: ['whole', 'number'] },
  { line: 'timestamp()', takes: ['time'] },
  { line: 'timestampNtz()', takes: ['localTime'] },
  { line: 'binary()', takes: ['bytes'] },
  { line: 'z.string()', takes: ['text', 'time'] },
]

const words: Readonly<Record<ValueKind, string>> = {
  null: 'null',
  boolean: 'true or false',
  whole: 'whole numbers',
  number: 'numbers',
  text: 'text',
  time: 'times',
  localTime: 'times without a zone',
  bytes: 'bytes',
  object: 'objects',
  array: 'arrays',
}

function arrayText({ path }: UndeclaredField, fields: readonly UndeclaredField[]): ContractLine {
  const [items] = inside(path, fields).filter(one => one.path.at(-1) === inItems)
  if (items === undefined) return { why: 'nothing is known of the items of its arrays' }
  const type = typeText(items, fields)
  if (type.line === undefined) return { why: `in its arrays, ${type.why}` }
  return { line: `z.array(${type.line}${items.kinds.includes('null') ? '.nullable()' : ''})` }
}

/** What in it can be no column is left out: it stays undeclared. */
function objectText({ path }: UndeclaredField, fields: readonly UndeclaredField[]): ContractLine {
  const members = inside(path, fields).filter(one => typeof one.path.at(-1) === 'string')
  const names: string[] = []
  const lines = members.flatMap(member => {
    if (nameFault(member.path, names) !== undefined) return []
    const type = typeText(member, fields)
    if (type.line === undefined) return []
    const name = member.path.at(-1) as string
    names.push(name)
    return [`${nameText(name)}: ${type.line}${absence(member)}`]
  })
  if (lines.length === 0) return { why: 'nothing is known of the fields of its objects' }
  return { line: `z.object({ ${lines.join(', ')} })` }
}

function inside(path: FieldPath, fields: readonly UndeclaredField[]): readonly UndeclaredField[] {
  return fields.filter(one => one.path.length === path.length + 1 && path.every((step, i) => one.path[i] === step))
}

const absence = ({ kinds }: UndeclaredField) => (kinds.includes('null') ? '.nullish()' : '.optional()')

const isIdentifier = (name: string) => /^[A-Za-z_$][\w$]*$/.test(name)

const nameText = (name: string) => (isIdentifier(name) && name !== '__proto__' ? name : JSON.stringify(name))

/** Why tables can have no column of that name. */
function nameFault(path: FieldPath, others: readonly string[]): string | undefined {
  const name = path.at(-1) as string
  if (name.endsWith('…')) return 'its name is too long to be kept'
  try {
    checkFieldNames([...others, name], path.length === 1 ? '' : fieldText(path.slice(0, -1)))
    return undefined
  } catch (error) {
    if (error instanceof ContractError) return error.message
    throw error
  }
}

/** Declared names beside a field. */
function siblings(declared: readonly ContractField[], path: FieldPath): readonly string[] {
  return (fieldsAt(declared, path.slice(0, -1)) ?? []).map(({ name }) => name)
}
