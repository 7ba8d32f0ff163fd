import { describe, expect, test } from 'vitest'

import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import { assignMapping } from '../../../shared/delta/schema/columnMapping.js'
import { FileSkipper } from '../../../shared/delta/stats/fileSkipping.js'
import { rowsOf, TableWriter } from '../../../shared/delta/write/tableWriter.js'
import type { DataType, PrimitiveType, Row, StructField, Value } from '../../../shared/types/index.js'
import { Random, seedNote, testSeed } from '../../random.js'
import { field, struct, WrittenTable } from '../write/writtenTable.js'

const primitives: readonly PrimitiveType[] = [
  'string',
  'byte',
  'short',
  'integer',
  'long',
  'float',
  'double',
  'boolean',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
]

class Anything {
  #names = 0

  constructor(readonly random: Random) {}

  field(depth: number): StructField {
    return field(`${this.random.pick(['a', 'B c', 'ä', 'x.y'])}${this.#names++}`, this.type(depth), {
      nullable: this.random.below(4) > 0,
    })
  }

  type(depth: number): DataType {
    const kind = this.random.below(depth > 0 ? 8 : 5)
    if (kind < 4) return this.random.pick(primitives)
    if (kind === 4) {
      const precision = 1 + this.random.below(38)
      return { type: 'decimal', precision, scale: this.random.below(precision + 1) }
    }
    if (kind === 5) return struct(...Array.from({ length: 1 + this.random.below(3) }, () => this.field(depth - 1)))
    if (kind === 6) return { type: 'array', elementType: this.type(depth - 1), containsNull: this.random.below(2) > 0 }
    return {
      type: 'map',
      keyType: this.random.pick(primitives),
      valueType: this.type(depth - 1),
      valueContainsNull: this.random.below(2) > 0,
    }
  }

  value(type: DataType, nullable: boolean): Value {
    const { random } = this
    if (nullable && random.below(5) === 0) return null
    if (typeof type !== 'string') {
      switch (type.type) {
        case 'decimal':
          return random.long() % 10n ** BigInt(type.precision)
        case 'struct':
          return this.row(type.fields)
        case 'array':
          return Array.from({ length: random.below(4) }, () => this.value(type.elementType, type.containsNull))
        case 'map':
          return Array.from({ length: random.below(3) }, () => ({
            key: this.value(type.keyType, false),
            value: this.value(type.valueType, type.valueContainsNull),
          }))
      }
    }
    switch (type) {
      case 'string':
        return random.text(40)
      case 'binary':
        return new TextEncoder().encode(random.text(5))
      case 'boolean':
        return random.below(2) === 1
      case 'byte':
        return random.below(256) - 128
      case 'short':
        return random.below(65536) - 32768
      case 'integer':
        return Number(BigInt.asIntN(32, random.long()))
      case 'date':
        return random.below(3_000_000) - 700_000
      case 'float':
        return Math.fround(random.pick([random.next(), -random.next() * 1e30, NaN, Infinity, 0]))
      case 'double':
        return random.pick([random.next(), -random.next() * 1e300, NaN, -Infinity, 0])
      case 'timestamp':
      case 'timestamp_ntz':
        return (random.long() % 150_000_000_000_000_000n) + 90_000_000_000_000_000n
      default:
        return random.long()
    }
  }

  row(fields: readonly StructField[]): Row {
    return Object.fromEntries(fields.map(({ name, type, nullable }) => [name, this.value(type, nullable)]))
  }
}

/** Rows as text, in an order of their own; what a partition column cannot say is null. */
function normal(rows: readonly Row[], partitionColumns: readonly string[]): readonly string[] {
  return rows
    .map(row =>
      JSON.stringify(
        Object.entries(row).map(([name, value]) => [
          name,
          partitionColumns.includes(name) && isEmpty(value) ? null : value,
        ]),
        plain,
      ),
    )
    .sort()
}

function isEmpty(value: Value | undefined): boolean {
  return value === '' || (value instanceof Uint8Array && value.length === 0)
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : value
}

describe('any table', () => {
  test('gives back the rows that were written, in files and after OPTIMIZE, and its statistics hide none of them', async () => {
    for (let round = 0; round < 15; round++) {
      const any = new Anything(new Random(testSeed + round))
      const { random } = any
      const mode = random.pick(['none', 'name', 'id'])
      const wanted = struct(field('key', 'long'), ...Array.from({ length: 1 + random.below(6) }, () => any.field(2)))
      const { schema, configuration } = assignMapping(wanted, {
        ...(mode === 'none' ? {} : { 'delta.columnMapping.mode': mode }),
      })
      const partitionColumns = schema.fields
        .filter(
          ({ name, type, nullable }) =>
            name !== 'key' && nullable && (typeof type === 'string' || type.type === 'decimal'),
        )
        .slice(0, random.below(3))
        .map(({ name }) => name)
      const t = await WrittenTable.create({
        schema,
        configuration,
        partitionColumns,
        protocol: {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: ['columnMapping', 'timestampNtz'],
          writerFeatures: ['columnMapping', 'timestampNtz'],
        },
      })
      const snapshot = await t.snapshot()
      const writer = new TableWriter(t.store, snapshot, { targetFileSize: random.pick([200, 2_000, 2 ** 27]) })
      const rows: Row[] = []
      for (let piece = 0; piece < 4; piece++) {
        const more = Array.from({ length: random.below(20) }, (): Row => ({
          ...any.row(schema.fields),
          key: BigInt(rows.length) * 3n + (random.long() % 3n),
        }))
        rows.push(...more)
        await writer.write(rowsOf(schema, more))
      }
      await t.commit((await writer.finish()).map(add => ({ add })))
      const about = `${seedNote}, round ${round}, mapped by ${mode}, partitioned by ${partitionColumns.join()}`
      expect(normal(await t.rows(), partitionColumns), about).toEqual(normal(rows, partitionColumns))
      const { files } = await t.snapshot()
      const skipper = new FileSkipper({ schema, partitionColumns, configuration })
      for (const { key } of rows.slice(0, 5)) {
        const kept = files.filter(
          file => skipper.match(file, { op: '=', column: 'key', value: key as bigint }) !== 'no',
        )
        const found = await t.rows({ ...(await t.snapshot()), files: kept })
        expect(
          found.map(row => row['key']),
          about,
        ).toContain(key)
      }
      await optimizeTable(t.table, { clock: t.clock })
      expect(normal(await t.rows(), partitionColumns), `${about}, optimized`).toEqual(normal(rows, partitionColumns))
    }
  })
})
