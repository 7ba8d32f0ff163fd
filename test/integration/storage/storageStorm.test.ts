import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { appendRows, rowsOf } from '../../../shared/delta/dml/index.js'
import { createTable, DeltaTable, scanRows } from '../../../shared/delta/index.js'
import { isRetryable } from '../../../shared/errors.js'
import { blockSize, openAzureBlob } from '../../../shared/storage/azureBlob/index.js'
import type { StructType } from '../../../shared/types/index.js'
import { allRows } from '../../delta/logFixture.js'
import { type Azurite, startAzurite } from '../../harness/azurite.js'
import { Random, seedNote } from '../../random.js'
import { startFaultProxy } from './faultProxy.js'

/** Seconds that appenders go on, beyond the appends that each makes at least. */
const seconds = Number(process.env['STORM_SECONDS'] ?? 0)
const appenders = 4
const minAppends = 12
const schema: StructType = {
  type: 'struct',
  fields: [
    { name: 'app', type: 'long', nullable: true },
    { name: 'n', type: 'long', nullable: true },
  ],
}

let azurite: Azurite
beforeAll(async () => {
  azurite = await startAzurite()
})
afterAll(() => azurite.stop())

describe('with 8 % of all requests failing', () => {
  test(`${appenders} appenders lose nothing and double nothing`, async () => {
    const random = new Random()
    const proxy = await startFaultProxy(azurite.url, 0.08, () => random.next())
    const patience = { deadlineMs: 60_000, silenceMs: 2000, pauseMs: 5 }
    const until = Date.now() + seconds * 1000
    const appended: (readonly [bigint, bigint])[] = []
    try {
      await new DeltaTable(await openAzureBlob(`${azurite.url}/storm/t`)).commit(
        createTable({ schema, createdTime: 0 }),
      )
      const append = async (app: number): Promise<void> => {
        const table = new DeltaTable(await openAzureBlob(`${proxy.url}/storm/t`, patience))
        for (let n = 0; n < minAppends || Date.now() < until; n++) {
          // What is not known to be done is asked for again under the same name.
          for (let tries = 1; ; tries++) {
            try {
              const outcome = await appendRows(table, [rowsOf(schema, [{ app: BigInt(app), n: BigInt(n) }])], {
                txn: { appId: `a${app}`, version: BigInt(n) },
              })
              if (outcome.kind === 'committed' || outcome.kind === 'alreadyApplied') break
              if (outcome.kind !== 'conflict') throw new Error(`unexpected: ${outcome.kind}`)
            } catch (error) {
              if (!isRetryable(error) || tries === 20) throw error
            }
          }
          appended.push([BigInt(app), BigInt(n)])
        }
      }
      await Promise.all(Array.from({ length: appenders }, (_, app) => append(app)))
    } finally {
      await proxy.stop()
    }
    const table = new DeltaTable(await openAzureBlob(`${azurite.url}/storm/t`))
    const snapshot = await table.snapshot()
    if (snapshot === undefined) throw new Error('there is no table')
    const text = (rows: readonly (readonly unknown[])[]) => rows.map(row => row.map(String).join(':')).sort()
    expect(text(await allRows(scanRows(table.store, snapshot).batches)), seedNote).toEqual(text(appended))
    expect(
      [...proxy.struck.values()].reduce((sum, n) => sum + n, 0),
      seedNote,
    ).toBeGreaterThan(10)
    process.stderr.write(`storm: ${appended.length} appends, ${JSON.stringify(Object.fromEntries(proxy.struck))}\n`)
  })

  test('large objects are written and read whole, and listings are complete', async () => {
    const random = new Random()
    const proxy = await startFaultProxy(azurite.url, 0.15, () => random.next())
    try {
      const store = await openAzureBlob(`${proxy.url}/storm/large`, {
        deadlineMs: 120_000,
        silenceMs: 8000,
        pauseMs: 5,
      })
      const content = Uint8Array.from({ length: 2 * blockSize + 4321 }, (_, i) => (i * 17 + (i >> 11)) & 255)
      for (let n = 0; n < 3; n++) {
        const writer = await store.create(`x${n}`)
        await writer.write(content)
        await writer.close()
        expect(Buffer.compare((await store.get(`x${n}`)) ?? new Uint8Array(), content), seedNote).toBe(0)
      }
      for (let n = 0; n < 20; n++) await store.put(`many/${n}`, content.subarray(0, n))
      for (let n = 0; n < 10; n++) {
        const names: string[] = []
        for await (const { path } of store.list('many/')) names.push(path)
        expect(names, seedNote).toHaveLength(20)
      }
    } finally {
      await proxy.stop()
    }
  })
})

describe('two uploads of one name above the size of a block', () => {
  test('whichever is closed first and however often: both end well, and the object is one of them, whole', async () => {
    const address = `${azurite.url}/storm/uploads`
    const stores = [await openAzureBlob(address), await openAzureBlob(address)]
    for (let round = 0; round < 3; round++) {
      const contents = [1, 2].map(n => new Uint8Array(blockSize + 1000 * n).fill(n + round))
      const writers = await Promise.all(stores.map(store => store.create('same')))
      await Promise.all(writers.map((writer, i) => writer.write(contents[i] ?? new Uint8Array())))
      if (round === 0) await Promise.all(writers.map(writer => writer.close()))
      else for (const writer of round === 1 ? writers : writers.reverse()) await writer.close()
      const found = (await stores[0]?.get('same')) ?? new Uint8Array()
      expect(contents.some(content => Buffer.compare(content, found) === 0)).toBe(true)
    }
  })
})
