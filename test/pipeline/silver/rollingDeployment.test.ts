import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import {
  defineStream,
  double,
  scoredPath,
  scoredTable,
  silverPath,
  silverTable,
  type Stream,
  timestamp,
} from '../../../shared/contract/index.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { withCarriedColumns } from '../../../shared/pipeline/incremental/carriedColumns.js'
import { rebuildSilver, refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import type { DataType, StructType } from '../../../shared/types/index.js'
import { SilverFixture } from './silverFixture.js'

const declare = (fields: z.ZodRawShape): Stream =>
  defineStream({
    name: 'events',
    topic: 'events',
    key: 'event_id',
    eventTime: 'timestamp',
    clusterBy: ['timestamp'],
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    schema: z.object({
      event_id: z.string(),
      event_type: z.string(),
      timestamp: timestamp(),
      value: double(),
      ...fields,
    }),
  })
const before = declare({})
const after = declare({ page: z.string().nullish() })

/** A lake whose bronze is written by the new version of the contract, and the same lake seen by an instance of the old one. */
async function deployments() {
  const young = await SilverFixture.open(undefined, [after])
  const old = await SilverFixture.open(young.lake.store, [before])
  return {
    young,
    old,
    [Symbol.asyncDispose]: async () => {
      await young[Symbol.asyncDispose]()
      await old[Symbol.asyncDispose]()
    },
  }
}

const pages = async (fixture: SilverFixture) => (await fixture.silver(after)).map(row => row['page'] ?? null)

describe('an instance of the older contract during a rolling deployment', () => {
  test('makes silver before the newer one has, and carries along the column that it does not know', async () => {
    await using both = await deployments()
    await both.young.bronze([[{ id: 'a', more: { page: 'p1' } }, { id: 'b' }]], { stream: after })
    expect(await refineSilver(both.old.lake, before)).toMatchObject({ outcome: 'committed', rowsOut: 2 })
    expect(await pages(both.young)).toEqual(['p1', null])
    await both.young.bronze([[{ id: 'c', more: { page: 'p3' } }]], { stream: after })
    expect(await refineSilver(both.young.lake, after)).toMatchObject({ outcome: 'committed', rowsOut: 1 })
    expect(await pages(both.young)).toEqual(['p1', null, 'p3'])
  })

  test('goes on where the newer one has begun', async () => {
    await using both = await deployments()
    await both.young.bronze([[{ id: 'a', more: { page: 'p1' } }]], { stream: after })
    await refineSilver(both.young.lake, after)
    await both.young.bronze([[{ id: 'b', more: { page: 'p2' } }]], { stream: after })
    expect(await refineSilver(both.old.lake, before)).toMatchObject({ outcome: 'committed', rowsOut: 1 })
    expect(await pages(both.young)).toEqual(['p1', 'p2'])
  })

  test('rebuilds silver, and gold of it, with every column', async () => {
    await using both = await deployments()
    await both.young.bronze(
      [
        [
          { id: 'a', more: { page: 'p1' } },
          { id: 'b', more: { page: 'p2' } },
        ],
      ],
      { stream: after },
    )
    await refineSilver(both.young.lake, after)
    expect(await rebuildSilver(both.old.lake, before)).toMatchObject({ outcome: 'committed', rowsOut: 2 })
    expect(await pages(both.young)).toEqual(['p1', 'p2'])
    await runGold(both.old.lake, 'command')
    const scored = await both.young.lake.table(scoredPath(after)).snapshot()
    expect(scored?.schema.fields.map(field => field.name)).toContain('page')
    expect(scored?.files.map(file => file.stats).join()).toContain('"page":"p1"')
  })

  test('adds nothing where there is nothing to carry', async () => {
    await using both = await deployments()
    await both.young.bronze([[{ id: 'a' }]], { stream: before })
    await refineSilver(both.young.lake, before)
    expect((await both.young.lake.table(silverPath(before)).state())?.schema.fields.map(field => field.name)).toEqual(
      silverTable(before).schema.fields.map(field => field.name),
    )
  })
})

describe('columns carried along', () => {
  const struct = (...names: string[]): StructType => ({
    type: 'struct',
    fields: names.map(name => ({ name, type: 'long', nullable: true })),
  })
  const source = (name: string, type: DataType): StructType => ({
    type: 'struct',
    fields: [{ name, type, nullable: true, metadata: { comment: 'why', 'delta.columnMapping.id': 7 } }],
  })

  test('stand behind those of the contract, with their comment and without what their own table says of them', () => {
    const names = (schema: StructType) => schema.fields.map(field => field.name)
    const carried = withCarriedColumns(silverTable(before), source('page', 'string')).schema
    expect(names(carried)).toEqual([
      'event_id',
      'event_type',
      'timestamp',
      'value',
      'page',
      ...names(silverTable(before).schema).filter(name => name.startsWith('_')),
    ])
    expect(carried.fields.find(field => field.name === 'page')).toEqual({
      name: 'page',
      type: 'string',
      nullable: true,
      metadata: { comment: 'why' },
    })
  })

  test('may be fields of a struct', () => {
    const wish = silverTable(declare({ s: z.object({ a: z.bigint() }) }))
    const merged = withCarriedColumns(wish, source('s', struct('b', 'a'))).schema
    expect(merged.fields.find(field => field.name === 's')).toMatchObject({
      nullable: false,
      type: { fields: [{ name: 'a' }, { name: 'b' }] },
    })
  })

  test("leave the pipeline's own, other types and what the table has already as they are", () => {
    for (const schema of [
      source('_note', 'string'),
      source('value', 'string'),
      source('score', 'string'),
      source('EVENT_ID', 'string'),
    ]) {
      expect(withCarriedColumns(scoredTable(before), schema).schema).toEqual(scoredTable(before).schema)
    }
  })
})
