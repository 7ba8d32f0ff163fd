import type { z } from 'zod'

import type { Stream } from '../../contract/index.js'
import type { FieldKind, SchemaField } from '../../sources/index.js'
import type { DataType } from '../../types/index.js'
import type { ContractFinding } from './contractFinding.js'

const numbers = ['integer', 'long', 'float', 'double', 'decimal']

/** Types of columns that a kind of value can become; text and numbers not each of them, but some. */
const takenBy: Readonly<Record<FieldKind, readonly string[]>> = {
  text: ['string', 'binary', 'date', 'timestamp', 'timestamp_ntz', ...numbers],
  boolean: ['boolean'],
  'whole number': [...numbers, 'timestamp'],
  number: [...numbers, 'timestamp'],
  decimal: ['string', ...numbers],
  bytes: ['binary'],
  date: ['date', 'string'],
  timestamp: ['timestamp'],
  'time without a zone': ['timestamp_ntz'],
  object: ['struct', 'map'],
  map: ['map', 'struct'],
  array: ['array'],
  any: [],
}

/** What a contract asks for that records of a schema lack or may lack, and what they have that it does not ask for. */
export function schemaFindings(stream: Stream, fields: readonly SchemaField[]): readonly ContractFinding[] {
  const finding = (verdict: ContractFinding['verdict'], field: string, message: string): ContractFinding => ({
    against: 'schema',
    verdict,
    field,
    message,
  })
  const byName = new Map(fields.map(field => [field.name, field]))
  const found = stream.columns.flatMap(({ name, type }) => {
    const there = byName.get(name)
    const declared = stream.schema.shape[name] as z.ZodType
    const takesNothing = declared.safeParse(undefined).success
    if (there === undefined) {
      return takesNothing
        ? finding('note', name, 'the schema does not have it: its column is null')
        : finding('breaks', name, 'the contract needs it, and the schema does not have it')
    }
    const typeName = nameOf(type)
    if (there.kind !== 'any' && !takenBy[there.kind].includes(typeName))
      return finding('breaks', name, `the schema has ${article(there.kind)} there, which ${typeName} never takes`)
    if (there.mayBeNull && !declared.safeParse(null).success)
      return finding(
        'note',
        name,
        'it may be null, and such records are rejected; .nullable() or .nullish() takes them',
      )
    if (there.mayBeAbsent && !takesNothing)
      return finding(
        'note',
        name,
        'it may be absent, and such records are rejected; .optional() or .nullish() takes them',
      )
    return []
  })
  const declared = new Set(stream.columns.map(({ name }) => name))
  const more = fields.filter(({ name }) => !declared.has(name))
  return [...found, ...more.map(({ name }) => finding('note', name, 'the schema has it, and the contract does not'))]
}

function nameOf(type: DataType): string {
  return typeof type === 'string' ? type : type.type
}

function article(kind: FieldKind): string {
  if (kind === 'text' || kind === 'bytes') return kind
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`
}
