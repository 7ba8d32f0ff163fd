import { columnKey, type DataType, type StructType } from '../../types/index.js'
import type { Metadata } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { isMapped, isWidening, storedName, typeText } from '../schema/index.js'

/**
 * Under which schema the rows of several versions can be read together: columns may have been added between them and
 * types widened, and nothing else.
 */
export interface Described {
  readonly schema: StructType
  readonly metadata: Pick<Metadata, 'configuration' | 'partitionColumns'>
}

/**
 * @throws DeltaError DELTA_INCOMPATIBLE_SCHEMA, naming the column, when rows of `older` lose something or change their
 * meaning under `read`: a column dropped, renamed or of another type, other partition columns, or column mapping taken
 * away
 */
export function requireReadableUnder(read: Described, older: Described, where: LogPlace): void {
  const mapped = isMapped(read.metadata.configuration)
  const why =
    !mapped && isMapped(older.metadata.configuration)
      ? 'the table gave up column mapping'
      : (structClash(older.schema, read.schema, mapped, []) ?? partitionClash(read, older, mapped))
  if (why === undefined) return
  const remedy = 'ask for the changes before it and after it apart, each up to a version of its own schema'
  throw new DeltaError('DELTA_INCOMPATIBLE_SCHEMA', `the changes cannot be read under one schema: ${why}; ${remedy}`, {
    where,
  })
}

/** Columns are the same that are so in the files: a table that maps columns later keeps the names of those it has. */
function structClash(
  older: StructType,
  read: StructType,
  mapped: boolean,
  path: readonly string[],
): string | undefined {
  const fields = new Map(read.fields.map(field => [storedName(field, mapped), field]))
  for (const field of older.fields) {
    const here = [...path, field.name]
    const now = fields.get(storedName(field, mapped))
    if (now === undefined) return `column ${columnKey(here)} was dropped or renamed`
    if (now.name !== field.name) return `column ${columnKey(here)} was renamed to ${now.name}`
    if (field.nullable && !now.nullable) return `column ${columnKey(here)} may be null no longer`
    const clash = typeClash(field.type, now.type, mapped, here)
    if (clash !== undefined) return clash
  }
  return undefined
}

function typeClash(older: DataType, read: DataType, mapped: boolean, path: readonly string[]): string | undefined {
  if (typeof older !== 'string' && typeof read !== 'string') {
    if (older.type === 'struct' && read.type === 'struct' && older.variant === read.variant)
      return structClash(older, read, mapped, path)
    if (older.type === 'array' && read.type === 'array')
      return typeClash(older.elementType, read.elementType, mapped, [...path, 'element'])
    if (older.type === 'map' && read.type === 'map')
      return (
        typeClash(older.keyType, read.keyType, mapped, [...path, 'key']) ??
        typeClash(older.valueType, read.valueType, mapped, [...path, 'value'])
      )
  }
  const [was, is] = [typeText(older), typeText(read)]
  return older === 'void' || isWidening(was, is) ? undefined : `column ${columnKey(path)} was ${was} and became ${is}`
}

function partitionClash(read: Described, older: Described, mapped: boolean): string | undefined {
  const names = ({ schema, metadata }: Described) =>
    metadata.partitionColumns.map(name => {
      const field = schema.fields.find(candidate => candidate.name.toLowerCase() === name.toLowerCase())
      return field === undefined ? name : storedName(field, mapped)
    })
  const [was, is] = [names(older), names(read)]
  if (was.length === is.length && was.every((name, i) => name === is[i])) return undefined
  return `its partition columns were (${older.metadata.partitionColumns.join(', ')}) and became (${read.metadata.partitionColumns.join(', ')})`
}
