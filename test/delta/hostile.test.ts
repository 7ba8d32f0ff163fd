import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import type { AddFile, DeletionVector } from '../../shared/delta/actions/actions.js'
import { inlineDeletionVector, readDeletionVector } from '../../shared/delta/deletionVectors/deletionVector.js'
import { RoaringBitmap } from '../../shared/delta/deletionVectors/roaringBitmap.js'
import { portableMagic } from '../../shared/delta/deletionVectors/roaringFormat.js'
import { classicCheckpointPath, commitPath, lastCheckpointPath } from '../../shared/delta/log/logName.js'
import { scanRows } from '../../shared/delta/scan/scanRows.js'
import { parseSchema } from '../../shared/delta/schema/schema.js'
import { readSnapshot } from '../../shared/delta/snapshot/snapshot.js'
import { loadState } from '../../shared/delta/snapshot/stateReader.js'
import { LocalDiskStore, MemoryStore } from '../../shared/storage/index.js'
import { parseJson } from '../../shared/types/index.js'
import { allRows, columnField, LogFixture } from './logFixture.js'

const fixture = () => new LogFixture({ fields: [columnField('id', 'long')] })
const adding = (path: string, more: Partial<AddFile> = {}): { add: AddFile } => ({
  add: { path, partitionValues: {}, size: 100, modificationTime: 0, dataChange: true, ...more },
})

async function rowsOf(t: LogFixture) {
  return allRows(scanRows(t.store, await t.snapshot()).batches)
}

describe('a path in the log', () => {
  const tricks = [
    '../secret',
    '..%2fsecret',
    '%2e%2e/secret',
    'a/..%2f..%2fsecret',
    'a\\..\\secret',
    'x%00.parquet',
    '%',
    '%zz',
    '',
    '.',
    'a//b',
    './a',
  ]
  test.each(tricks)('%j leads nowhere outside the table, and is reported as damage of it', async path => {
    const t = fixture()
    await t.commit(adding(path))
    await expect(rowsOf(t)).rejects.toMatchObject({ code: 'DELTA_BAD_PATH', data: { table: t.store.url, file: path } })
  })

  test.each(tricks.filter(path => path.includes('secret')))(
    '%j does not read a file beside a table on disk',
    async path => {
      const root = await mkdtemp(join(tmpdir(), 'hostile-'))
      try {
        const t = fixture()
        const { size } = await t.file('good.parquet', { id: BigInt64Array.of(1n) })
        await t.commit(adding(path, { size }))
        await mkdir(join(root, 'table/_delta_log'), { recursive: true })
        await writeFile(join(root, 'secret'), (await t.store.get('good.parquet')) ?? '')
        await writeFile(join(root, 'table', commitPath(0)), (await t.store.get(commitPath(0))) ?? '')
        const store = new LocalDiskStore(join(root, 'table'))
        const snapshot = await readSnapshot(store, 0)
        if (snapshot === undefined) throw new Error('no table')
        await expect(allRows(scanRows(store, snapshot).batches)).rejects.toMatchObject({ code: 'DELTA_BAD_PATH' })
      } finally {
        await rm(root, { recursive: true, force: true })
      }
    },
  )
})

describe('a deletion vector', () => {
  const bitmap = (...parts: (readonly [bytes: 2 | 4 | 8, value: number])[]): Uint8Array =>
    Buffer.concat(
      parts.map(([bytes, value]) => {
        const part = Buffer.alloc(bytes)
        if (bytes === 8) part.writeBigUInt64LE(BigInt(value))
        else part.writeUIntLE(value, 0, bytes)
        return part
      }),
    )
  const liars: readonly (readonly [string, Uint8Array])[] = [
    ['2^60 bitmaps', bitmap([4, portableMagic], [8, 2 ** 60])],
    ['two million bitmaps and has none', bitmap([4, portableMagic], [8, 2 ** 21])],
    ['2^32 − 1 containers', bitmap([4, portableMagic], [8, 1], [4, 0], [4, 12_346], [4, 2 ** 32 - 1])],
    ['65,536 containers and has none', bitmap([4, portableMagic], [8, 1], [4, 0], [4, 12_346], [4, 65_536])],
    [
      '65,536 positions and has none',
      bitmap([4, portableMagic], [8, 1], [4, 0], [4, 12_346], [4, 1], [2, 0], [2, 65_535], [4, 16]),
    ],
    [
      'runs that overlap',
      Buffer.concat([
        bitmap([4, portableMagic], [8, 1], [4, 0], [4, 12_347]),
        Buffer.from([1]),
        bitmap([2, 0], [2, 9], [2, 2], [2, 0], [2, 5], [2, 3], [2, 5]),
      ]),
    ],
    [
      '5,000 positions in a bitmap of none',
      Buffer.concat([
        bitmap([4, portableMagic], [8, 1], [4, 0], [4, 12_346], [4, 1], [2, 0], [2, 4_999], [4, 16]),
        new Uint8Array(8_192),
      ]),
    ],
    ['a key past every file', bitmap([4, portableMagic], [8, 1], [4, 2 ** 32 - 1], [4, 12_346], [4, 0])],
  ]
  test.each(liars)('that claims %s is reported, with no more memory than it has bytes', (_what, bytes) => {
    const before = process.memoryUsage().arrayBuffers
    expect(() => RoaringBitmap.decode(bytes, { table: 't' })).toThrow(
      expect.objectContaining({ code: 'DELTA_BAD_DELETION_VECTOR', data: { table: 't' } }) as Error,
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24)
  })

  const whole = inlineDeletionVector(RoaringBitmap.of([1, 5, 9]))
  const wrong: readonly (readonly [string, Partial<DeletionVector>])[] = [
    ['fewer rows than it holds', { cardinality: 2n }],
    ['more rows than it holds', { cardinality: 2n ** 62n }],
    ['a negative number of rows', { cardinality: -3n }],
    ['more bytes than it has', { sizeInBytes: 2 ** 31 - 1 }],
    ['fewer bytes than it has', { sizeInBytes: 12 }],
    ['a negative size', { sizeInBytes: -1 }],
    ['text that is no Z85', { pathOrInlineDv: '\u00e9'.repeat(whole.pathOrInlineDv.length) }],
    ['an offset of 2^52 in a file that is not there', { storageType: 'u', offset: 2 ** 52 }],
    ['a file outside the table', { storageType: 'p', pathOrInlineDv: 's3://elsewhere/x.bin', offset: 1 }],
  ]
  test.each(wrong)('of which the log says %s is reported', async (_what, lie) => {
    const error: unknown = await readDeletionVector(new MemoryStore(), { ...whole, ...lie }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({
      code: expect.stringMatching(/^DELTA_(BAD_DELETION_VECTOR|FILE_MISSING|BAD_PATH)$/) as string,
      data: { table: 'memory:' },
    })
  })
})

describe('a log', () => {
  const deep = (levels: number) => '[{"a":'.repeat(levels) + '1' + '}]'.repeat(levels)
  const broken: readonly (readonly [what: string, line: string, code: string])[] = [
    [
      'is nested a hundred thousand deep beside a number that needs care',
      `{"commitInfo":{"y":12345678901234567890,"x":${deep(100_000)}}}`,
      'DELTA_BAD_JSON',
    ],
    ['has a version beyond 2^63', '{"txn":{"appId":"a","version":9223372036854775808}}', 'DELTA_BAD_ACTION'],
    [
      'has a size beyond 2^53',
      '{"add":{"path":"x","partitionValues":{},"size":9007199254740993,"modificationTime":0,"dataChange":true}}',
      'DELTA_BAD_ACTION',
    ],
    [
      'has a size that is a fraction',
      '{"add":{"path":"x","partitionValues":{},"size":0.5,"modificationTime":0,"dataChange":true}}',
      'DELTA_BAD_ACTION',
    ],
    ['has an array for an action', '{"add":[]}', 'DELTA_BAD_ACTION'],
    ['has a lone bracket', '{', 'DELTA_BAD_JSON'],
    ['has a byte order mark in its middle', '{"txn":{"appId":"a","version":1}}\n\ufeff{}', 'DELTA_BAD_JSON'],
  ]
  test.each(broken)('that %s is refused, with table and version', async (_what, line, code) => {
    const t = fixture()
    await t.commit()
    await t.store.put(commitPath(1), Buffer.from(`${line}\n`))
    await expect(loadState(t.store)).rejects.toMatchObject({ code, data: { table: t.store.url, version: 1 } })
    await expect(readSnapshot(t.store, 0)).rejects.toMatchObject({ code })
  })

  const odd: readonly (readonly [what: string, line: string])[] = [
    ['is nested a hundred thousand deep', `{"commitInfo":{"x":${deep(100_000)}}}`],
    ['has two actions in a line', '{"txn":{"appId":"a","version":1},"add":{"path":"x"}}'],
  ]
  test.each(odd)('that %s is read', async (_what, line) => {
    const t = fixture()
    await t.commit()
    await t.store.put(commitPath(1), Buffer.from(`${line}\n`))
    expect(await loadState(t.store)).toMatchObject({ version: 1 })
  })

  test('with a key called __proto__ changes no object but its own', async () => {
    const t = fixture()
    await t.commit()
    await t.store.put(
      commitPath(1),
      Buffer.from(
        '{"add":{"path":"x","partitionValues":{"__proto__":"1","constructor":"2"},"size":1,"modificationTime":0,"dataChange":true,"__proto__":{"polluted":"yes"}}}\n',
      ),
    )
    const [file] = (await t.snapshot()).files
    expect(Object.entries(file?.partitionValues ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('of a line of many megabytes is read', async () => {
    const t = fixture()
    await t.commit(adding('x', { stats: JSON.stringify({ numRecords: 1, text: 'x'.repeat(8_000_000) }) }))
    expect((await t.snapshot()).files[0]?.stats?.length).toBeGreaterThan(8_000_000)
  })

  test('with names of versions that no number can be is read without them', async () => {
    const t = fixture()
    await t.commit({ txn: { appId: 'a', version: 1n } })
    for (const name of [
      '99999999999999999999.json',
      '99999999999999999999.checkpoint.parquet',
      '09007199254740993.json',
      '0.json',
      '-0000000000000000001.json',
      '00000000000000000001.json.tmp',
      '1e3.json',
    ]) {
      await t.store.put(`_delta_log/${name}`, Buffer.from('{'))
    }
    expect(await loadState(t.store)).toMatchObject({ version: 0, txns: new Map([['a', { appId: 'a', version: 1n }]]) })
  })

  test.each(['-1', '9007199254740993', '1e400', '"3"', 'null', '99'])(
    'whose hint speaks of version %s is read all the same',
    async version => {
      const t = fixture()
      await t.commit({ txn: { appId: 'a', version: 1n } })
      await t.store.put(lastCheckpointPath, Buffer.from(`{"version":${version},"size":1,"parts":2147483647}`))
      expect(await loadState(t.store)).toMatchObject({ version: 0 })
      expect(await readSnapshot(t.store, 0)).toMatchObject({ version: 0 })
    },
  )

  test('with a part of its only checkpoint missing is refused, not read without that part', async () => {
    const t = fixture()
    await t.commit()
    const name = classicCheckpointPath(0).replace('.checkpoint.', '.checkpoint.0000000001.0000000002.')
    await t.store.put(name, Buffer.from('PAR1'))
    await t.store.put(commitPath(1), Buffer.from('{"txn":{"appId":"a","version":1}}\n'))
    await t.store.delete(commitPath(0))
    await expect(loadState(t.store)).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP' })
  })
})

describe('a schema', () => {
  const nested = (levels: number): string => {
    const open = '{"type":"struct","fields":[{"name":"a","nullable":true,"metadata":{},"type":'
    return `${open.repeat(levels)}"long"${'}]}'.repeat(levels)}`
  }
  test('nested deeper than any table is reported, before anything that walks it falls', () => {
    expect(() => parseSchema(nested(100_000), { table: 't' })).toThrow(
      expect.objectContaining({
        code: 'DELTA_BAD_SCHEMA',
        data: expect.objectContaining({ table: 't' }) as object,
      }) as Error,
    )
    expect(parseSchema(nested(90)).fields).toHaveLength(1)
  })

  test('of thousands of columns is read', () => {
    const fields = Array.from(
      { length: 20_000 },
      (_, i) => `{"name":"c${i}","type":"long","nullable":true,"metadata":{}}`,
    )
    expect(parseSchema(`{"type":"struct","fields":[${fields.join(',')}]}`).fields).toHaveLength(20_000)
  })
})

describe('JSON', () => {
  test('has the last of two fields of one name, as JSON.parse has', () => {
    expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 })
  })
})
