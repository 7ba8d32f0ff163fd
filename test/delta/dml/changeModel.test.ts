import { describe, expect, test } from 'vitest'

import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { mergeRows } from '../../../shared/delta/dml/mergeRows.js'
import { updateRows } from '../../../shared/delta/dml/updateRows.js'
import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import type { Predicate } from '../../../shared/delta/stats/predicate.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import type { Value } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'
import { columnField, type FixtureOptions } from '../logFixture.js'
import { ChangeFixture, isCommit, mappedField, rowKey, sorted } from './changeFixture.js'

type ModelRow = Readonly<Record<'id' | 'part' | 'text' | 'x', Value>>

const id = columnField('id', 'long')
const part = columnField('part', 'string')
const text = columnField('text', 'string')
const x = columnField('x', 'double')
const fields = [id, part, text, x]
const names = ['id', 'part', 'text', 'x'] as const
const feed = { 'delta.enableChangeDataFeed': 'true' }
const vectors = { 'delta.enableDeletionVectors': 'true' }
const mapping = { 'delta.columnMapping.mode': 'name' }

const tables: Readonly<Record<string, FixtureOptions>> = {
  plain: { fields },
  'with deletion vectors': { fields, configuration: vectors },
  'with a change feed': { fields, configuration: feed },
  'with a change feed and deletion vectors': { fields, configuration: { ...feed, ...vectors } },
  'with mapped columns': {
    fields: fields.map((field, i) => mappedField(field, i + 1)),
    configuration: { ...mapping, ...feed },
  },
  partitioned: { fields, partitionColumns: ['part'], configuration: feed },
  'with all of it': {
    fields: fields.map((field, i) => mappedField(field, i + 1)),
    partitionColumns: ['part'],
    configuration: { ...mapping, ...feed, ...vectors },
  },
}

/** Random changes, and what they must make of rows that are held in a list. */
class Model {
  rows: ModelRow[] = []
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  row(): ModelRow {
    const random = this.#random
    return {
      id: random.below(12) === 0 ? null : BigInt(random.below(40)),
      part: random.pick(['a', 'b', 'c/d', null]),
      text: random.pick([null, random.text(5), random.text(40)]),
      x: random.pick([null, NaN, -0, 0, 1.5, random.next(), -Infinity]),
    }
  }

  predicate(depth = 2): Predicate {
    const random = this.#random
    if (depth > 0 && random.below(3) === 0) {
      const of = Array.from({ length: 1 + random.below(3) }, () => this.predicate(depth - 1))
      return random.below(3) === 0
        ? { op: 'not', of: this.predicate(depth - 1) }
        : { op: random.pick(['and', 'or'] as const), of }
    }
    const column = random.pick(names)
    const value = this.value(column)
    switch (random.below(6)) {
      case 0:
        return { op: random.pick(['isNull', 'isNotNull'] as const), column }
      case 1:
        return { op: 'in', column, values: Array.from({ length: random.below(4) }, () => this.value(column)) }
      default:
        return { op: random.pick(['=', '<', '<=', '>', '>='] as const), column, value }
    }
  }

  /** Mostly one that is there. */
  value(column: (typeof names)[number]): Value {
    const row = this.#random.below(3) === 0 || this.rows.length === 0 ? this.row() : this.#random.pick(this.rows)
    return row[column]
  }
}

/** The plainest possible meaning of a predicate, written for nothing but to compare with. */
function holds(predicate: Predicate, row: ModelRow): boolean | null {
  switch (predicate.op) {
    case 'and': {
      const parts = predicate.of.map(of => holds(of, row))
      return parts.includes(false) ? false : parts.includes(null) ? null : true
    }
    case 'or': {
      const parts = predicate.of.map(of => holds(of, row))
      return parts.includes(true) ? true : parts.includes(null) ? null : false
    }
    case 'not': {
      const part = holds(predicate.of, row)
      return part === null ? null : !part
    }
    case 'isNull':
      return row[predicate.column as 'id'] === null
    case 'isNotNull':
      return row[predicate.column as 'id'] !== null
    case 'in': {
      const parts = predicate.values.map(value => holds({ op: '=', column: predicate.column, value }, row))
      return parts.includes(true) ? true : parts.includes(null) ? null : false
    }
    default: {
      const found = row[predicate.column as 'id']
      if (found === null || predicate.value === null) return null
      const order = compared(found, predicate.value)
      return { '=': order === 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[predicate.op]
    }
  }
}

function compared(a: Value, b: Value): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
}

interface Changed {
  readonly rows: ModelRow[]
  readonly changes: readonly (readonly [ModelRow, string])[]
}

function removing(rows: readonly ModelRow[], predicate: Predicate): Changed {
  const goes = (row: ModelRow) => holds(predicate, row) === true
  return { rows: rows.filter(row => !goes(row)), changes: rows.filter(goes).map(row => [row, 'delete']) }
}

function changing(rows: readonly ModelRow[], changed: (row: ModelRow) => ModelRow | undefined): Changed {
  const changes: [ModelRow, string][] = []
  const output = rows.map(row => {
    const after = changed(row)
    if (after !== undefined) changes.push([row, 'update_preimage'], [after, 'update_postimage'])
    return after ?? row
  })
  return { rows: output, changes }
}

const values = (row: ModelRow): Value[] => names.map(name => row[name])

async function step(
  table: ChangeFixture,
  model: Model,
  random: Random,
): Promise<{ readonly what: string; readonly kind: string; readonly expected: Changed }> {
  const schema = (await table.snapshot()).schema
  const choice = random.below(10)
  if (choice < 3 || model.rows.length === 0) {
    const rows = Array.from({ length: 1 + random.below(12) }, () => model.row())
    const cut = random.below(rows.length + 1)
    await table.append(rows, { files: [cut, rows.length - cut].filter(count => count > 0) })
    return {
      what: `append ${rows.length}`,
      kind: 'committed',
      expected: { rows: [...model.rows, ...rows], changes: rows.map(row => [row, 'insert']) },
    }
  }
  if (choice < 5) {
    const where = model.predicate()
    const { kind } = await deleteRows(table.table, { where, targetFileSize: random.pick([1, 10 ** 6]) })
    return { what: `delete ${JSON.stringify(where, replacer)}`, kind, expected: removing(model.rows, where) }
  }
  if (choice < 7) {
    const where = model.predicate()
    const set = Object.fromEntries(
      names.filter(() => random.below(2) === 0).map(name => [name, { value: model.row()[name] }]),
    )
    if (Object.keys(set).length === 0) set['text'] = { value: 'set' }
    const { kind } = await updateRows(table.table, { where, set })
    const over = Object.fromEntries(Object.entries(set).map(([name, { value }]) => [name, value]))
    return {
      what: `update ${JSON.stringify([where, over], replacer)}`,
      kind,
      expected: changing(model.rows, row => (holds(where, row) === true ? { ...row, ...over } : undefined)),
    }
  }
  if (choice === 7) {
    const { kind } = await optimizeTable(table.table, { clock: table.clock })
    return {
      what: 'optimize',
      kind: kind === 'optimized' ? 'rearranged' : 'nothingToDo',
      expected: { rows: model.rows, changes: [] },
    }
  }
  const options = {
    on: random.below(3) === 0 ? ['id', 'part'] : ['id'],
    matched: random.pick(['update', 'update', 'delete', 'keep'] as const),
    notMatched: random.pick(['insert', 'ignore'] as const),
    notMatchedBySource: random.pick(['keep', 'keep', 'keep', 'delete'] as const),
  }
  const keyOf = (row: ModelRow) => (options.on as ('id' | 'part')[]).map(name => row[name])
  const text = (row: ModelRow) => (keyOf(row).includes(null) ? undefined : rowKey(keyOf(row)))
  const source = new Map<string, ModelRow>()
  const nameless: ModelRow[] = []
  for (let i = random.below(8); i > 0; i--) {
    const row = random.below(2) === 0 ? { ...random.pick(model.rows), text: 'merged' } : model.row()
    const key = text(row)
    if (key === undefined) nameless.push(row)
    else source.set(key, row)
  }
  const rows = [...source.values(), ...nameless]
  const { kind } = await mergeRows(table.table, [rowsOf(schema, rows)], options)
  const matchedBy = (row: ModelRow) => source.get(text(row) ?? '')
  const seen = new Set(model.rows.map(text))
  const fresh =
    options.notMatched === 'insert'
      ? rows.filter(row => {
          const key = text(row)
          return key === undefined || !seen.has(key)
        })
      : []
  const goes = (row: ModelRow) =>
    matchedBy(row) === undefined ? options.notMatchedBySource === 'delete' : options.matched === 'delete'
  const left = changing(
    model.rows.filter(row => !goes(row)),
    row => (options.matched === 'update' ? matchedBy(row) : undefined),
  )
  const changes = [
    ...left.changes,
    ...model.rows.filter(goes).map(row => [row, 'delete'] as const),
    ...fresh.map(row => [row, 'insert'] as const),
  ]
  return {
    what: `merge ${JSON.stringify([options, rows], replacer)}`,
    kind,
    expected: { rows: [...left.rows, ...fresh], changes },
  }
}

function replacer(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : typeof value === 'number' ? String(value) : value
}

/** Lets somebody else, or the storage, get in the way of the next commit; answers how many versions of theirs it took. */
function trouble(table: ChangeFixture, model: Model, random: Random): () => number {
  let versions = 0
  table.faults.clear()
  switch (random.below(6)) {
    case 0: {
      const rows = Array.from({ length: 1 + random.below(3) }, () => model.row())
      table.beforeCommit(async () => {
        await table.other().append(rows)
        model.rows = [...model.rows, ...rows]
        versions++
      })
      break
    }
    case 1: {
      const where = model.predicate(1)
      table.beforeCommit(async () => {
        if ((await deleteRows(table.other().table, { where })).kind === 'committed') versions++
        model.rows = removing(model.rows, where).rows
      })
      break
    }
    case 2:
      table.beforeCommit(async () => {
        if ((await optimizeTable(table.other().table, { clock: table.clock })).kind === 'optimized') versions++
      })
      break
    case 3:
      table.faults.add({
        on: 'putIfAbsent',
        path: isCommit,
        fault: { kind: random.pick(['loseAnswer', 'meetOwnWrite'] as const) },
      })
  }
  return () => versions
}

describe('random appends, deletes, updates and merges', () => {
  for (const [kind, options] of Object.entries(tables)) {
    test(`${kind}: leave the rows, and tell the changes, that a list in memory has, whoever gets in their way`, async () => {
      const random = new Random()
      const table = await ChangeFixture.create(options)
      const model = new Model(random)
      const said: string[] = []
      for (let i = 0; i < 25; i++) {
        const before = (await table.snapshot()).version
        const theirs = trouble(table, model, random)
        const { what, kind: outcome, expected } = await step(table, model, random)
        said.push(what)
        const history = `${seedNote} after ${said.join('; ')}`
        model.rows = expected.rows
        expect(await table.rows(), history).toEqual(sorted(expected.rows.map(values)))
        const { version } = await table.snapshot()
        if (outcome === 'rearranged') continue
        expect(outcome, history).toBe(expected.changes.length > 0 ? 'committed' : 'nothingToDo')
        expect(version, history).toBe(before + theirs() + (expected.changes.length > 0 ? 1 : 0))
        if (expected.changes.length > 0 && options.configuration?.['delta.enableChangeDataFeed'] === 'true')
          expect(await table.changes(version), history).toEqual(
            sorted(expected.changes.map(([row, type]) => [...values(row), type])),
          )
      }
      expect(await table.strays(), seedNote).toEqual([])
    })
  }
})
