import { describe, expect, test } from 'vitest'

import { packBins } from '../../../shared/delta/maintenance/binPacking.js'
import { commonTags, cubeTagsOf, planCubes } from '../../../shared/delta/maintenance/clustering.js'
import { encodeStats } from '../../../shared/delta/stats/stats.js'
import { collectStats } from '../../../shared/delta/stats/statsCollector.js'
import { planStats } from '../../../shared/delta/stats/statsColumns.js'
import { mergeStats } from '../../../shared/delta/stats/statsMerge.js'
import { clusteringColumns } from '../../../shared/delta/table/clusteringColumns.js'
import type { StructType, Value } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'

const limits = { target: 100, threshold: 75, minFiles: 2 }
const files = (...sizes: number[]) => sizes.map(size => ({ size }))
const sizes = (bins: readonly (readonly { size: number }[])[]) => bins.map(bin => bin.map(file => file.size))

describe('packing', () => {
  test('never makes a bin of one file, nor one larger than the target, and takes each small file once', () => {
    const random = new Random()
    for (let round = 0; round < 200; round++) {
      const given = files(...Array.from({ length: random.below(60) }, () => 1 + random.below(120)))
      const bins = packBins(given, limits)
      for (const bin of bins) {
        expect(bin.length, seedNote).toBeGreaterThan(1)
        expect(
          bin.reduce((sum, { size }) => sum + size, 0),
          seedNote,
        ).toBeLessThanOrEqual(100)
        expect(
          bin.every(({ size }) => size < 75),
          seedNote,
        ).toBe(true)
      }
      expect(new Set(bins.flat()).size, seedNote).toBe(bins.flat().length)
    }
  })

  test('keeps the order, and waits for enough files unless they fill one', () => {
    expect(sizes(packBins(files(10, 60, 90, 50, 20, 1), limits))).toEqual([
      [10, 60],
      [50, 20, 1],
    ])
    expect(sizes(packBins(files(10, 10, 50, 40), { ...limits, minFiles: 3 }))).toEqual([[10, 10, 50]])
    expect(sizes(packBins(files(40, 40, 10), { ...limits, minFiles: 5 }))).toEqual([[40, 40, 10]])
    expect(sizes(packBins(files(60, 60, 60), limits))).toEqual([])
  })
})

describe('clustering', () => {
  const columns = [['a'], ['s', 'x']]
  const cube = { full: 10_000, most: 100_000, target: 100, minFiles: 2 }
  const fresh = (size: number) => ({ size })
  const inCube = (id: string, size: number, by = columns) => ({ size, tags: cubeTagsOf(id, by) })

  test('records cubes as other engines do', () => {
    expect(cubeTagsOf('u', columns)).toEqual({
      ZCUBE_ID: 'u',
      ZCUBE_ZORDER_BY: '["a","s.x"]',
      ZCUBE_ZORDER_CURVE: 'hilbert',
    })
    // To the letter, by what Spark wrote for such columns: it leaves cubes alone whose columns are written otherwise.
    const odd = [['1a'], ['ü', '12'], ['a`b'], ['_x']]
    expect(cubeTagsOf('u', odd)['ZCUBE_ZORDER_BY']).toBe('["`1a`","`ü`.`12`","`a``b`","_x"]')
  })

  test('has nothing to do without new files', () => {
    expect(planCubes([inCube('x', 10), inCube('x', 20), inCube('y', 5)], columns, cube)).toEqual([])
  })

  test('sorts new files with the cubes that are not larger than they are, and leaves larger ones alone', () => {
    const plan = planCubes(
      [inCube('big', 500), fresh(30), inCube('small', 50), fresh(30), inCube('middle', 100)],
      columns,
      cube,
    )
    expect(plan.map(part => part.map(({ size }) => size))).toEqual([[30, 30, 50, 100]])
  })

  test('takes files that were sorted by other columns for new ones', () => {
    expect(planCubes([inCube('x', 10, [['a']]), inCube('x', 20, [['b']])], columns, cube)).toHaveLength(1)
  })

  test('never sorts more at once than it may, nor a small file alone', () => {
    expect(
      planCubes([fresh(60), fresh(60), fresh(60)], columns, { ...cube, most: 130 }).map(part => part.length),
    ).toEqual([2])
    expect(planCubes([fresh(60)], columns, cube)).toEqual([])
    expect(planCubes([fresh(160)], columns, cube)).toHaveLength(1)
  })

  test('sorts a row again only when its cube at least doubles', () => {
    let table: { size: number; tags?: Readonly<Record<string, string>> }[] = []
    let sorted = 0
    for (let i = 0; i < 512; i++) {
      table.push(fresh(1), fresh(1))
      const parts = planCubes(table, columns, { ...cube, most: 1e9, full: 1e9 })
      for (const part of parts) {
        const size = part.reduce((sum, file) => sum + file.size, 0)
        sorted += size
        table = [...table.filter(file => !part.includes(file)), inCube(`c${i}`, size)]
      }
    }
    // 1,024 bytes that were written in 512 turns: ten levels, not 512.
    expect(sorted).toBeLessThanOrEqual(1024 * 11)
    expect(table.length).toBeLessThanOrEqual(11)
  })

  test("knows the table's own columns by its feature and domain alone", () => {
    const domain = {
      domain: 'delta.clustering',
      configuration: '{"clusteringColumns":[["a"],["s","x"]],"domainName":"delta.clustering"}',
      removed: false,
    }
    const domains = new Map([[domain.domain, domain]])
    const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['clustering', 'domainMetadata'] }
    expect(clusteringColumns({ protocol, domains })).toEqual(columns)
    expect(clusteringColumns({ protocol, domains: new Map() })).toEqual([])
    expect(clusteringColumns({ protocol: { minReaderVersion: 1, minWriterVersion: 2 }, domains })).toBeUndefined()
  })

  test('keeps tags that all files have, but those of cubes', () => {
    expect(
      commonTags([{ tags: { a: '1', b: '2', ZCUBE_ID: 'x' } }, { tags: { a: '1', b: '3', ZCUBE_ID: 'x' } }]),
    ).toEqual({ a: '1' })
    expect(commonTags([{ tags: { a: '1' } }, {}])).toBeUndefined()
  })
})

describe('statistics of parts', () => {
  const schema: StructType = {
    type: 'struct',
    fields: [
      { name: 'd', type: 'double', nullable: true },
      { name: 's', type: 'string', nullable: true },
      { name: 'l', type: 'long', nullable: true },
      { name: 'b', type: 'boolean', nullable: true },
    ],
  }
  const plan = planStats({ schema, partitionColumns: [], configuration: {} })
  const stats = (rows: readonly (readonly Value[])[]) =>
    collectStats(
      schema.fields.map((field, i) => ({ field, data: rows.map(row => row[i] ?? null) })),
      plan,
    )

  test('come to those of the whole, to the letter', () => {
    const random = new Random()
    for (let round = 0; round < 300; round++) {
      const rows = Array.from({ length: random.below(12) }, (): Value[] => [
        random.pick([null, NaN, Infinity, -Infinity, -0, 0, random.next()]),
        random.pick([null, random.text(40)]),
        random.pick([null, random.long()]),
        random.pick([null, true, false]),
      ])
      const cut = random.below(rows.length + 1)
      const merged = mergeStats(stats(rows.slice(0, cut)), stats(rows.slice(cut)))
      expect(encodeStats(merged, plan).replaceAll('-0.0', '0.0'), seedNote).toBe(
        encodeStats(stats(rows), plan).replaceAll('-0.0', '0.0'),
      )
    }
  })
})
