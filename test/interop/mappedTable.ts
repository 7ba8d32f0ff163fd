import type { Row } from '../../shared/types/index.js'
import { deltaRsCannotMap, type FeatureTable } from './featureTable.js'
import { array, enabled, feed, field, id, idIs, mapOf, numbered, s, struct, vectors } from './tableParts.js'

const nested = struct(
  id,
  s,
  field(
    'st',
    struct(
      field('a', 'integer'),
      field('in', struct(field('x', 'string'), field('list', array(struct(field('y', 'double')))))),
    ),
  ),
  field('m', mapOf(struct(field('k', 'date')))),
  field('the part', 'string'),
)
const nestedRow = (i: number): Row => ({
  st: i % 4 === 0 ? null : { a: i, in: i % 4 === 1 ? null : { x: `x${i}`, list: [null, { y: i / 4 }, { y: null }] } },
  m:
    i % 3 === 0
      ? null
      : [
          { key: 'k', value: { k: i } },
          { key: 'none', value: null },
        ],
  'the part': i % 5 === 0 ? null : `p/${i % 2} %ü`,
})
/** Columns that have other names in files and in the log, in every way that they come to. */
export const mapped = (mode: 'name' | 'id'): FeatureTable => ({
  name: `columns mapped by ${mode}, nested and partitioned, renamed, dropped and added, with a feed and deletion vectors`,
  definition: {
    schema: nested,
    partitionColumns: ['the part'],
    configuration: { 'delta.columnMapping.mode': mode, ...enabled(feed, vectors) },
  },
  async write(t) {
    await t.append(...numbered(0, 10, nestedRow))
    await t.alter(
      { kind: 'renameColumn', column: ['st', 'in', 'x'], name: 'the "new" x' },
      { kind: 'dropColumn', column: ['m'] },
      { kind: 'addColumns', columns: [{ parent: ['st'], field: field('added', 'long') }] },
    )
    await t.append(...numbered(10, 14, i => ({ ...nestedRow(i), m: undefined, st: { a: i, added: 5n, in: null } })))
    await t.update(idIs(1n), { 'the part': 'moved', s: 'updated' })
    await t.delete(idIs(2n))
    await t.merge(...numbered(12, 16, i => ({ st: null, 'the part': `p/${i % 2} %ü`, s: 'merged' })))
    await t.checkpoint()
    await t.delete(idIs(6n))
  },
  changesFrom: 2,
  unread: { DuckDB: 'partition values of mapped columns are null to it' },
  deltaRsRefuses: deltaRsCannotMap,
  // It names the columns as the schema does, and not as the table's files and log have to.
  duckDbRefuses: { breaks: /the log has no value of the partition column/ },
})
