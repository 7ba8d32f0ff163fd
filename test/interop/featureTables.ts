import type { DataType, Row } from '../../shared/types/index.js'
import { deltaRsCannotMap, deltaRsLacks, type FeatureTable } from './featureTable.js'
import { mapped } from './mappedTable.js'
import {
  array,
  decimal,
  enabled,
  feed,
  field,
  id,
  idBelow,
  idIs,
  mapOf,
  numbered,
  plain,
  s,
  struct,
  timestamps,
  tracking,
  vectors,
} from './tableParts.js'

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
    deltaRsRefuses: { update: /append-only/, merge: /append-only/, delete: /append-only/ },
    async further(t) {
      await t.append(...numbered(820, 823))
      await t.checkpoint()
      await t.optimize()
      await t.append(...numbered(824, 826))
      await t.vacuum()
    },
  },
  {
    name: 'invariants and columns that may not be null',
    definition: {
      schema: struct(
        field('id', 'long', { nullable: false }),
        field('s', 'string', {
          metadata: {
            'delta.invariants': JSON.stringify({ expression: { expression: "s LIKE 'row%' OR s LIKE 'by%'" } }),
          },
        }),
      ),
    },
    write: t => t.append(...numbered(0, 8)),
    refused: [
      ["INSERT INTO {t} VALUES (100, 'other')", /invariant/i],
      ["INSERT INTO {t} VALUES (null, 'row')", /null/i],
    ],
    duckDbRefuses: /Column invariants are not yet supported/,
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
    refused: [
      ["INSERT INTO {t} VALUES (-1, 'negative')", /positive/i],
      ["UPDATE {t} SET s = '' WHERE id = 1", /positive/i],
    ],
    duckDbRefuses: /'checkConstraints' is not supported/,
  },
  {
    name: 'change data feed, partitioned',
    // For null DuckDB leaves the empty text as a partition's value, which in a feed Spark takes for a text.
    duckDbCopies: 51,
    // It takes the path for one that is not encoded.
    deltaRsRefuses: { feed: /Object at location .*%25/ },
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
    definition: {
      schema: struct(id, s, field('n', 'timestamp_ntz'), field('p', 'timestamp_ntz')),
      partitionColumns: ['p'],
    },
    write: t => t.append(...numbered(0, 8, i => ({ n: BigInt(i - 4) * 10n ** 15n + 1n, p: i % 2 === 0 ? null : -1n }))),
  },
  {
    name: 'widened types',
    definition: {
      schema: struct(
        id,
        s,
        field('b', 'byte'),
        field('f', 'float'),
        field('d', decimal(5, 2)),
        field('st', struct(field('x', 'short'))),
        field('list', array('integer')),
        field('m', mapOf('byte')),
        field('p', 'short'),
      ),
      partitionColumns: ['p'],
      configuration: enabled('enableTypeWidening'),
    },
    async write(t) {
      await t.append(
        ...numbered(0, 8, i => ({
          b: -i,
          f: Math.fround(i / 3),
          d: BigInt(i),
          st: { x: i },
          list: [i, null],
          m: [{ key: 'k', value: i }],
          p: i % 2,
        })),
      )
      await t.alter(
        { kind: 'widenType', column: 'b', type: 'long' },
        { kind: 'widenType', column: 'f', type: 'double' },
        { kind: 'widenType', column: 'd', type: decimal(20, 4) },
        { kind: 'widenType', column: ['st', 'x'], type: 'integer' },
        { kind: 'widenType', column: ['list', 'element'], type: 'long' },
        { kind: 'widenType', column: ['m', 'value'], type: 'short' },
        { kind: 'widenType', column: 'p', type: 'integer' },
      )
      await t.append({
        id: 8n,
        s: 'wide',
        b: 2n ** 62n,
        f: 1e300,
        d: 10n ** 19n,
        st: { x: 1 << 30 },
        list: [2n ** 40n],
        m: [{ key: 'k', value: 30_000 }],
        p: 70_000,
      })
      await t.update(idIs(1n), { s: 'updated' })
    },
    unread: { 'delta-rs': /TypeWidening/ },
    deltaRsRefuses: deltaRsLacks('TypeWidening'),
    duckDbRefuses: /'typeWidening' is not supported for writes/,
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
    deltaRsRefuses: deltaRsLacks('VacuumProtocolCheck'),
  },
  {
    name: 'metadata of domains',
    definition: { schema: plain, configuration: { 'delta.feature.domainMetadata': 'supported' } },
    deltaRsRefuses: deltaRsLacks('DomainMetadata'),
    async write(t) {
      await t.setDomain('interop', '{"ü":"\\"1\\""}')
      await t.append(...numbered(0, 8))
      await t.checkpoint()
    },
  },
  {
    name: 'row tracking',
    definition: { schema: plain, configuration: enabled(tracking, vectors, feed) },
    deltaRsRefuses: deltaRsLacks('RowTracking'),
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
    deltaRsRefuses: deltaRsLacks('RowTracking'),
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
    deltaRsRefuses: deltaRsLacks('ClusteredTable'),
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
    deltaRsRefuses: deltaRsLacks('InCommitTimestamp'),
    async write(t) {
      await t.append(...numbered(0, 8))
      await t.update(idIs(1n), { s: 'updated' })
    },
    changesFrom: 0,
  },
  {
    name: 'times in commits, enabled later',
    definition: { schema: plain, configuration: enabled(feed) },
    deltaRsRefuses: deltaRsLacks('InCommitTimestamp'),
    async write(t) {
      await t.append(...numbered(0, 8))
      await t.alter({ kind: 'setProperties', properties: enabled(timestamps) })
      await t.delete(idIs(1n))
    },
    changesFrom: 0,
  },
  {
    name: 'partitions of every type',
    definition: {
      schema: struct(id, s, ...types.map(([name, type]) => field(name, type))),
      partitionColumns: types.map(([name]) => name),
    },
    async write(t) {
      const values = (at: 2 | 3) => Object.fromEntries(types.map(type => [type[0], type[at]]))
      await t.append(...numbered(0, 9, i => (i % 3 === 0 ? {} : values(i % 3 === 1 ? 2 : 3))))
      await t.delete(idIs(1n))
      await t.checkpoint()
    },
    // The partition's folder would have a name longer than Spark's file system allows.
    then: ['DELETE FROM {t} WHERE id IN (0, 3, 6)'],
    // Each time that it writes a binary value of a partition, it escapes what it had escaped before.
    deltaRsRefuses: { optimize: /Unable to open file/ },
    duckDbRefuses: { breaks: /holds a backslash/ },
  },
  {
    name: 'a schema that grew, rows that were replaced, and an older version restored',
    definition: { schema: plain, configuration: enabled(feed) },
    async write(t) {
      await t.append(...numbered(0, 8))
      await t.appendWider(struct(id, s, field('more', struct(field('x', 'double')))), {
        id: 8n,
        s: 'wider',
        more: { x: NaN },
      })
      await t.overwrite(undefined, { id: 9n, s: 'alone', more: null })
      await t.restore(2)
      await t.alter({ kind: 'addColumns', columns: [{ field: field('first', 'boolean'), position: 'first' }] })
    },
    changesFrom: 0,
  },
  {
    name: 'all of it at once',
    definition: {
      schema: struct(
        id,
        s,
        field('small', 'short'),
        field('wall clock', 'timestamp_ntz'),
        field('st', struct(field('in it', 'string'))),
      ),
      clusterBy: ['id'],
      configuration: {
        'delta.columnMapping.mode': 'name',
        'delta.checkpointPolicy': 'v2',
        'delta.feature.vacuumProtocolCheck': 'supported',
        ...enabled(feed, vectors, tracking, timestamps, 'enableTypeWidening'),
      },
    },
    async write(t) {
      const more = (i: number) => ({ small: i, 'wall clock': BigInt(i), st: { 'in it': `${i}` } })
      await t.append(...numbered(0, 20, more))
      await t.alter(
        { kind: 'widenType', column: 'small', type: 'integer' },
        { kind: 'addConstraint', name: 'bounded', expression: 'id < 10000' },
      )
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
    deltaRsRefuses: {
      ...deltaRsLacks('VacuumProtocolCheck'),
      optimize: deltaRsCannotMap.optimize,
      feed: /VacuumProtocolCheck/,
    },
    duckDbRefuses: /'checkConstraints' is not supported/,
    refused: [['INSERT INTO {t} (id) VALUES (10000)', /bounded/i]],
  },
]
