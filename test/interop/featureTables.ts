import type { TableDefinition } from '../../shared/delta/creation.js'
import type { Predicate } from '../../shared/delta/skipping.js'
import type { DataType, Row, StructField, StructType } from '../../shared/parquet/dataType.js'
import type { Engine } from '../harness/otherReaders.js'
import type { TableChanges } from './tableChanges.js'

/** A table that this project writes, others read and change, and this project reads again. */
export interface FeatureTable {
  readonly name: string
  readonly definition: Omit<TableDefinition, 'createdTime'>
  /** What this project does with it after it is made. */
  readonly write: (writer: TableChanges) => Promise<void>
  /** What Spark does then, when it is not the usual; every table has the columns `id` and `s`. */
  readonly then?: readonly string[]
  /** What Spark must not be able to do, and what it says. */
  readonly refused?: readonly (readonly [sql: string, why: RegExp])[]
  /** Engines that cannot read it: what they say, or what they read that is not there. */
  readonly unread?: Partial<Record<Engine, RegExp | string>>
  /** The version from which its change feed can be read. */
  readonly changesFrom?: number
}

const field = (name: string, type: DataType, more: Partial<StructField> = {}): StructField => ({ name, type, nullable: true, ...more })
const struct = (...fields: StructField[]): StructType => ({ type: 'struct', fields })
const array = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true })
const mapOf = (valueType: DataType): DataType => ({ type: 'map', keyType: 'string', valueType, valueContainsNull: true })
const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal', precision, scale })
const enabled = (...names: string[]) => Object.fromEntries(names.map(name => [`delta.${name}`, 'true']))
const [feed, vectors, tracking, timestamps] = ['enableChangeDataFeed', 'enableDeletionVectors', 'enableRowTracking', 'enableInCommitTimestamps'] as const

const id = field('id', 'long')
const s = field('s', 'string')
const plain = struct(id, s)
const idIs = (value: bigint): Predicate => ({ op: '=', column: 'id', value })
const idBelow = (value: bigint): Predicate => ({ op: '<', column: 'id', value })
const numbered = (from: number, to: number, more: (i: number) => Row = () => ({})): Row[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: BigInt(from + i), s: `row ${from + i}`, ...more(from + i) }))

const nested = struct(
  id,
  s,
  field('st', struct(field('a', 'integer'), field('in', struct(field('x', 'string'), field('list', array(struct(field('y', 'double')))))))),
  field('m', mapOf(struct(field('k', 'date')))),
  field('the part', 'string'),
)
const nestedRow = (i: number): Row => ({
  st: i % 4 === 0 ? null : { a: i, in: i % 4 === 1 ? null : { x: `x${i}`, list: [null, { y: i / 4 }, { y: null }] } },
  m: i % 3 === 0 ? null : [{ key: 'k', value: { k: i } }, { key: 'none', value: null }],
  'the part': i % 5 === 0 ? null : `p/${i % 2} %ü`,
})
const mapped = (mode: 'name' | 'id'): FeatureTable => ({
  name: `columns mapped by ${mode}, nested and partitioned, renamed, dropped and added, with a feed and deletion vectors`,
  definition: { schema: nested, partitionColumns: ['the part'], configuration: { 'delta.columnMapping.mode': mode, ...enabled(feed, vectors) } },
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
})

const types: readonly (readonly [string, DataType, Row[string], Row[string]])[] = [
  ['p_string', 'string', 'a/b=c %20+"\'ü😀', ''],
  ['p_byte', 'byte', -128, 127],
  ['p_short', 'short', -32768, 0],
  ['p_int', 'integer', 2147483647, -1],
  ['p_long', 'long', -(2n ** 63n), 9007199254740993n],
  ['p_float', 'float', Math.fround(0.1), -0],
  ['p_double', 'double', 1.5e100, Infinity],
  ['p_dec', decimal(38, 18), 1n, -(10n ** 38n) + 1n],
  ['p_bool', 'boolean', true, false],
  ['p_date', 'date', -719162, 19000],
  ['p_ts', 'timestamp', -1n, 1_709_210_096_123_456n],
  ['p_bin', 'binary', Buffer.from('ü'), Buffer.from('b')],
]

export const featureTables: readonly FeatureTable[] = [
  {
    name: 'append only',
    definition: { schema: plain, configuration: enabled('appendOnly') },
    async write(t) {
      await t.append(...numbered(0, 5))
      await t.append(...numbered(5, 6))
      await t.optimize()
    },
    then: ["INSERT INTO {t} VALUES (100, 'by Spark')"],
    refused: [['DELETE FROM {t} WHERE id = 1', /append/i]],
  },
  {
    name: 'invariants and columns that may not be null',
    definition: {
      schema: struct(
        field('id', 'long', { nullable: false }),
        field('s', 'string', { metadata: { 'delta.invariants': JSON.stringify({ expression: { expression: "s LIKE 'row%' OR s LIKE 'by%'" } }) } }),
      ),
    },
    write: t => t.append(...numbered(0, 8)),
    refused: [["INSERT INTO {t} VALUES (100, 'other')", /invariant/i], ["INSERT INTO {t} VALUES (null, 'row')", /null/i]],
  },
  {
    name: 'check constraints',
    definition: { schema: plain },
    async write(t) {
      await t.append(...numbered(0, 8))
      await t.alter({ kind: 'addConstraint', name: 'positive', expression: 'id >= 0 AND length(s) > 2' })
      await t.append(...numbered(8, 9))
      await t.update(idIs(1n), { s: 'updated' })
    },
    refused: [["INSERT INTO {t} VALUES (-1, 'negative')", /positive/i], ["UPDATE {t} SET s = '' WHERE id = 1", /positive/i]],
  },
  {
    name: 'change data feed, partitioned',
    definition: { schema: struct(id, s, field('p', 'string')), partitionColumns: ['p'], configuration: enabled(feed) },
    async write(t) {
      await t.append(...numbered(0, 12, i => ({ p: i % 4 === 0 ? null : `p ${i % 3}/` })))
      await t.update(idIs(1n), { s: 'updated' })
      await t.update(idIs(2n), { p: 'moved' })
      await t.delete(idBelow(1n))
      await t.delete({ op: '=', column: 'p', value: 'p 0/' })
      await t.merge({ id: 7n, s: 'merged', p: 'p 1/' }, { id: 50n, s: 'new', p: null })
      await t.overwrite({ op: '=', column: 'p', value: 'moved' }, { id: 51n, s: 'instead', p: 'moved' })
      await t.optimize()
    },
    changesFrom: 0,
  },
  {
    name: 'deletion vectors and a change feed',
    definition: { schema: plain, configuration: enabled(vectors, feed) },
    async write(t) {
      await t.append(...numbered(0, 3000))
      await t.delete({ op: 'and', of: [{ op: '>=', column: 'id', value: 1000n }, idBelow(2000n)] })
      await t.delete({ op: 'in', column: 'id', values: [6n, 7n, 2999n] })
      await t.update({ op: 'in', column: 'id', values: [1n, 500n] }, { s: 'updated' })
      await t.merge({ id: 2n, s: 'merged' }, { id: 5000n, s: 'new' })
      await t.delete({ op: 'in', column: 'id', values: [1n, 8n] })
    },
    changesFrom: 0,
  },
  {
    name: 'deletion vectors through OPTIMIZE, RESTORE, VACUUM and a checkpoint',
    definition: { schema: plain, configuration: enabled(vectors) },
    async write(t) {
      await t.append(...numbered(0, 50))
      await t.delete({ op: 'in', column: 'id', values: [1n, 30n, 49n] })
      await t.append(...numbered(50, 60))
      await t.optimize()
      await t.delete(idIs(50n))
      await t.restore(3)
      await t.delete(idIs(55n))
      await t.checkpoint()
      await t.vacuum()
      await t.append(...numbered(60, 61))
    },
  },
  mapped('name'),
  mapped('id'),
  {
    name: 'wall-clock times, as partitions too',
    definition: { schema: struct(id, s, field('n', 'timestamp_ntz'), field('p', 'timestamp_ntz')), partitionColumns: ['p'] },
    write: t => t.append(...numbered(0, 8, i => ({ n: BigInt(i - 4) * 10n ** 15n + 1n, p: i % 2 === 0 ? null : -1n }))),
  },
  {
    name: 'widened types',
    definition: {
      schema: struct(
        id, s, field('b', 'byte'), field('f', 'float'), field('d', decimal(5, 2)), field('st', struct(field('x', 'short'))), field('list', array('integer')),
        field('m', mapOf('byte')), field('p', 'short'),
      ),
      partitionColumns: ['p'],
      configuration: enabled('enableTypeWidening'),
    },
    async write(t) {
      await t.append(...numbered(0, 8, i => ({ b: -i, f: Math.fround(i / 3), d: BigInt(i), st: { x: i }, list: [i, null], m: [{ key: 'k', value: i }], p: i % 2 })))
      await t.alter(
        { kind: 'widenType', column: 'b', type: 'long' },
        { kind: 'widenType', column: 'f', type: 'double' },
        { kind: 'widenType', column: 'd', type: decimal(20, 4) },
        { kind: 'widenType', column: ['st', 'x'], type: 'integer' },
        { kind: 'widenType', column: ['list', 'element'], type: 'long' },
        { kind: 'widenType', column: ['m', 'value'], type: 'short' },
        { kind: 'widenType', column: 'p', type: 'integer' },
      )
      await t.append({ id: 8n, s: 'wide', b: 2n ** 62n, f: 1e300, d: 10n ** 19n, st: { x: 1 << 30 }, list: [2n ** 40n], m: [{ key: 'k', value: 30_000 }], p: 70_000 })
      await t.update(idIs(1n), { s: 'updated' })
    },
    unread: { 'delta-rs': /TypeWidening/ },
  },
  {
    name: 'V2 checkpoints',
    definition: { schema: plain, configuration: { 'delta.checkpointPolicy': 'v2', ...enabled(vectors) } },
    async write(t) {
      for (let i = 0; i < 4; i++) await t.append(...numbered(i * 4, i * 4 + 4))
      await t.delete(idIs(1n))
      await t.checkpoint()
      await t.append(...numbered(100, 101))
    },
  },
  {
    name: 'VACUUM that checks the protocol',
    definition: { schema: plain, configuration: { 'delta.feature.vacuumProtocolCheck': 'supported' } },
    async write(t) {
      await t.append(...numbered(0, 8))
      await t.delete(idIs(0n))
      await t.vacuum()
    },
    unread: { 'delta-rs': /VacuumProtocolCheck/ },
  },
  {
    name: 'metadata of domains',
    definition: { schema: plain, configuration: { 'delta.feature.domainMetadata': 'supported' } },
    async write(t) {
      await t.setDomain('interop', '{"ü":"\\"1\\""}')
      await t.append(...numbered(0, 8))
      await t.checkpoint()
    },
  },
  {
    name: 'row tracking',
    definition: { schema: plain, configuration: enabled(tracking, vectors, feed) },
    async write(t) {
      await t.append(...numbered(0, 10))
      await t.append(...numbered(10, 12))
      await t.update(idIs(1n), { s: 'updated' })
      await t.delete(idIs(0n))
      await t.merge({ id: 2n, s: 'merged' }, { id: 50n, s: 'new' })
      await t.optimize()
    },
    changesFrom: 0,
  },
  {
    name: 'row tracking without deletion vectors',
    definition: { schema: plain, configuration: enabled(tracking) },
    async write(t) {
      await t.append(...numbered(0, 10))
      await t.update(idIs(1n), { s: 'updated' })
      await t.delete(idIs(0n))
      await t.append(...numbered(10, 12))
      await t.optimize()
    },
  },
  {
    name: 'clustering columns',
    definition: { schema: plain, clusterBy: ['s', 'id'], configuration: enabled(vectors) },
    async write(t) {
      await t.append(...numbered(0, 40))
      await t.append(...numbered(40, 60))
      await t.optimize()
      await t.alter({ kind: 'setClustering', columns: ['id'] })
    },
  },
  {
    name: 'times in commits, from the first version',
    definition: { schema: plain, configuration: enabled(timestamps, feed) },
    async write(t) {
      await t.append(...numbered(0, 8))
      await t.update(idIs(1n), { s: 'updated' })
    },
    changesFrom: 0,
  },
  {
    name: 'times in commits, enabled later',
    definition: { schema: plain, configuration: enabled(feed) },
    async write(t) {
      await t.append(...numbered(0, 8))
      await t.alter({ kind: 'setProperties', properties: enabled(timestamps) })
      await t.delete(idIs(1n))
    },
    changesFrom: 0,
  },
  {
    name: 'partitions of every type',
    definition: { schema: struct(id, s, ...types.map(([name, type]) => field(name, type))), partitionColumns: types.map(([name]) => name) },
    async write(t) {
      const values = (at: 2 | 3) => Object.fromEntries(types.map(type => [type[0], type[at]]))
      await t.append(...numbered(0, 9, i => (i % 3 === 0 ? {} : values(i % 3 === 1 ? 2 : 3))))
      await t.delete(idIs(1n))
      await t.checkpoint()
    },
    // The partition's folder would have a name longer than Spark's file system allows.
    then: ['DELETE FROM {t} WHERE id IN (0, 3, 6)'],
  },
  {
    name: 'a schema that grew, rows that were replaced, and an older version restored',
    definition: { schema: plain, configuration: enabled(feed) },
    async write(t) {
      await t.append(...numbered(0, 8))
      await t.appendWider(struct(id, s, field('more', struct(field('x', 'double')))), { id: 8n, s: 'wider', more: { x: NaN } })
      await t.overwrite(undefined, { id: 9n, s: 'alone', more: null })
      await t.restore(2)
      await t.alter({ kind: 'addColumns', columns: [{ field: field('first', 'boolean'), position: 'first' }] })
    },
    changesFrom: 0,
  },
  {
    name: 'all of it at once',
    definition: {
      schema: struct(id, s, field('small', 'short'), field('wall clock', 'timestamp_ntz'), field('st', struct(field('in it', 'string')))),
      clusterBy: ['id'],
      configuration: {
        'delta.columnMapping.mode': 'name', 'delta.checkpointPolicy': 'v2', 'delta.feature.vacuumProtocolCheck': 'supported',
        ...enabled(feed, vectors, tracking, timestamps, 'enableTypeWidening'),
      },
    },
    async write(t) {
      const more = (i: number) => ({ small: i, 'wall clock': BigInt(i), st: { 'in it': `${i}` } })
      await t.append(...numbered(0, 20, more))
      await t.alter({ kind: 'widenType', column: 'small', type: 'integer' }, { kind: 'addConstraint', name: 'bounded', expression: 'id < 1000' })
      await t.append(...numbered(20, 24, more))
      await t.delete({ op: 'in', column: 'id', values: [0n, 21n] })
      await t.checkpoint()
      await t.update(idIs(7n), { s: 'updated' })
      await t.merge({ id: 8n, s: 'merged', small: 70_000 }, { id: 500n, s: 'new', small: -1 })
      await t.optimize()
      await t.delete(idIs(9n))
    },
    changesFrom: 2,
    unread: { 'delta-rs': /VacuumProtocolCheck/ },
    refused: [['INSERT INTO {t} (id) VALUES (1000)', /bounded/i]],
  },
]
