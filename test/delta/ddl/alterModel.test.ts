import { describe, expect, test } from 'vitest'

import type { TableChange } from '../../../shared/delta/ddl/tableChange.js'
import type { DataType, Row, StructField, StructType, Value } from '../../../shared/types/index.js'
import { Random, seedNote, testSeed } from '../../random.js'
import { AlteredTable } from './alteredTable.js'

/** A column as the model knows it: rows hold its values by what it is, whatever it is called. */
interface Column {
  name: string
  type: 'integer' | 'long' | 'string' | 'list'
  /** The type of a list's elements. */
  element: 'integer' | 'long'
  /** Columns inside; the first is never dropped, so that somebody can tell whether the struct was there. */
  inside?: Column[]
}

type ModelRow = Map<Column, Value | ModelRow>

const features = [
  'delta.enableChangeDataFeed',
  'delta.enableDeletionVectors',
  'delta.enableInCommitTimestamps',
  'delta.enableRowTracking',
]

/** Random changes of a table, and what they must make of rows that are held in a list. */
class Model {
  readonly columns: Column[] = [
    { name: 'p', type: 'string', element: 'integer' },
    { name: 'a', type: 'integer', element: 'integer' },
    {
      name: 's',
      type: 'string',
      element: 'integer',
      inside: [
        { name: 'x', type: 'integer', element: 'integer' },
        { name: 'y', type: 'string', element: 'integer' },
      ],
    },
    { name: 'l', type: 'list', element: 'integer' },
  ]
  readonly rows: ModelRow[] = []
  mapped: boolean
  #names = 0
  readonly #random: Random

  constructor(random: Random, mapped: boolean) {
    this.#random = random
    this.mapped = mapped
  }

  /** A change of the table, made to the model as well. */
  change(): TableChange {
    const random = this.#random
    const [path, list] = this.#place()
    const i = random.below(list.length)
    const column = list[i] as Column
    const at = [...path, column.name]
    const fixed = column.name === 'p' || (path.length > 0 && i === 0)
    switch (random.below(this.mapped ? 8 : 5)) {
      case 0:
      case 1: {
        const added: Column = {
          name: this.#newName(),
          type: random.pick(['integer', 'string', 'list'] as const),
          element: 'integer',
        }
        if (random.below(4) === 0 && path.length === 0)
          added.inside = [{ name: 'k', type: 'integer', element: 'integer' }]
        const position = random.pick([undefined, 'first', { after: column.name }] as const)
        list.splice(position === undefined ? list.length : position === 'first' ? 0 : i + 1, 0, added)
        if (path.length > 0 && position === 'first') [list[0], list[1]] = [list[1] as Column, added]
        const where = path.length > 0 && position === 'first' ? { after: (list[0] as Column).name } : position
        return { kind: 'addColumns', columns: [{ parent: path, field: fieldOf(added), position: where }] }
      }
      case 2: {
        if (column.inside !== undefined) return this.change()
        if (column.type === 'list') {
          column.element = 'long'
          return { kind: 'widenType', column: [...at, 'element'], type: 'long' }
        }
        if (column.type !== 'integer') return this.change()
        column.type = 'long'
        return { kind: 'widenType', column: at, type: 'long' }
      }
      case 3:
        return { kind: 'setProperties', properties: { [random.pick(features)]: 'true' } }
      case 4:
        this.mapped = true
        return { kind: 'setProperties', properties: { 'delta.columnMapping.mode': 'name' } }
      case 5:
      case 6: {
        const name = column.name === 'p' ? 'p' : this.#newName()
        if (name === 'p') return this.change()
        column.name = name
        return { kind: 'renameColumn', column: at, name }
      }
      default:
        if (fixed || list.filter(other => other.name !== 'p').length < 2) return this.change()
        list.splice(i, 1)
        return { kind: 'dropColumn', column: at }
    }
  }

  row(): ModelRow {
    return this.#valuesOf(this.columns)
  }

  #valuesOf(columns: readonly Column[]): ModelRow {
    const random = this.#random
    return new Map(
      columns.map((column): [Column, Value | ModelRow] => {
        if (random.below(6) === 0) return [column, null]
        if (column.inside !== undefined) return [column, this.#valuesOf(column.inside)]
        const number = (type: 'integer' | 'long') =>
          type === 'long' ? BigInt(random.below(2 ** 31)) * 7n ** 10n : random.below(1000)
        if (column.type === 'list')
          return [column, Array.from({ length: random.below(3) }, () => number(column.element))]
        if (column.type === 'string') return [column, column.name === 'p' ? random.pick(['a', 'b']) : random.text(6)]
        return [column, number(column.type)]
      }),
    )
  }

  /** Rows under the names and in the types that columns have now. */
  shown(rows: readonly ModelRow[] = this.rows): Row[] {
    return rows.map(row => show(this.columns, row))
  }

  schema(): StructType {
    return { type: 'struct', fields: this.columns.map(fieldOf) }
  }

  #place(): readonly [readonly string[], Column[]] {
    const structs = this.columns.filter(({ inside }) => inside !== undefined)
    const struct = structs.length > 0 && this.#random.below(3) === 0 ? this.#random.pick(structs) : undefined
    return struct?.inside === undefined ? [[], this.columns] : [[struct.name], struct.inside]
  }

  /** Names that come back are what dropped columns must not be mistaken for. */
  #newName(): string {
    const taken = new Set(
      [this.columns, ...this.columns.map(({ inside = [] }) => inside)].flat().map(({ name }) => name),
    )
    const old = ['a', 's', 'x', 'y', 'l', 'c1', 'c2'].filter(name => !taken.has(name))
    const odd = this.mapped ? ['with blank', 'Ä,;', 'a.b'].filter(name => !taken.has(name)) : []
    return this.#random.pick([...old, ...odd, `c${++this.#names + 2}`])
  }
}

function show(columns: readonly Column[], row: ModelRow): Row {
  return Object.fromEntries(
    columns.map((column): [string, Value] => {
      const value = row.get(column) ?? null
      if (value instanceof Map) return [column.name, show(column.inside ?? [], value)]
      const wide = (number: Value, type: string) =>
        type === 'long' && typeof number === 'number' ? BigInt(number) : number
      if (Array.isArray(value))
        return [column.name, (value as readonly Value[]).map(item => wide(item, column.element))]
      return [column.name, wide(value, column.type)]
    }),
  )
}

function fieldOf({ name, type, element, inside }: Column): StructField {
  const own: DataType = type === 'list' ? { type: 'array', elementType: element, containsNull: true } : type
  return {
    name,
    type: inside === undefined ? own : { type: 'struct', fields: inside.map(fieldOf) },
    nullable: true,
    metadata: {},
  }
}

function sorted(rows: readonly Row[]): readonly string[] {
  return rows
    .map(row => JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)))
    .sort()
}

describe('a table that is altered again and again', () => {
  test.each(Array.from({ length: 8 }, (_, i) => i))(
    'has the rows that were put into it, in any order of changes (%i)',
    async i => {
      const random = new Random(testSeed + i)
      const model = new Model(random, i % 2 === 0)
      const t = await AlteredTable.create(model.schema(), {
        partitionColumns: i % 3 === 0 ? ['p'] : [],
        configuration: {
          'delta.enableTypeWidening': 'true',
          ...(model.mapped ? { 'delta.columnMapping.mode': i % 4 === 0 ? 'id' : 'name' } : {}),
        },
      })
      const done: unknown[] = []
      try {
        for (let step = 0; step < 20; step++) {
          if (random.below(3) === 0) {
            const rows = Array.from({ length: 1 + random.below(4) }, () => model.row())
            model.rows.push(...rows)
            await t.append(model.shown(rows))
            done.push(`${rows.length} rows`)
          } else if (random.below(8) === 0) {
            await t.table.writeCheckpoint()
          } else {
            const mapped = model.mapped
            const change = model.change()
            done.push(change)
            // A table mapped by id stays what it is.
            if (mapped && change.kind === 'setProperties' && 'delta.columnMapping.mode' in change.properties) continue
            await t.alter(change)
          }
          expect(sorted(await t.rows())).toEqual(sorted(model.shown()))
        }
        const { schema, metadata } = await t.snapshot()
        expect(schema.fields.map(({ name }) => name)).toEqual(model.columns.map(({ name }) => name))
        expect(metadata.partitionColumns).toEqual(i % 3 === 0 ? ['p'] : [])
      } catch (error) {
        throw new Error(`${seedNote}, table ${i}, after ${JSON.stringify(done)}`, { cause: error })
      }
    },
  )
})
