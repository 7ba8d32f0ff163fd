import { expect, test } from 'vitest'

import { eraseKeys } from '../../../shared/pipeline/erasure/index.js'
import { catchUp, runGold, runMonitor } from '../../../shared/pipeline/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { refineSilver } from '../../../shared/pipeline/silver/index.js'
import type { BronzeFixture } from '../bronze/bronzeFixture.js'
import { ok } from '../gold/goldFixture.js'
import { ingest, open, process, silverRows, strict } from '../quarantine/quarantineFixture.js'
import { tracesOf } from './traces.js'

const key = 'the key'
const tables = ['bronze/events', 'silver/events', 'gold/events_scored', 'gold/events_summary']

/** Everything that the timers of a process do. */
async function turn(lake: Lake): Promise<void> {
  ok(await catchUp(lake, 'timer', { stalledForMs: 0 }))
  ok([await refineSilver(lake, strict)])
  ok(await runGold(lake, 'timer'))
  ok(await runMonitor(lake, 'timer'))
}

/** The versions of a table's log are one behind the other: none was written where an older one was deleted. */
async function expectOneLog(f: BronzeFixture): Promise<void> {
  for (const table of tables) {
    const versions: number[] = []
    for await (const { path } of f.store.list(`${table}/_delta_log/`)) {
      const version = /(\d{20})\.json$/.exec(path)?.[1]
      if (version !== undefined) versions.push(Number(version))
    }
    versions.sort((a, b) => a - b)
    expect(versions, table).toEqual(versions.map((_, i) => (versions[0] ?? 0) + i))
  }
}

test.each([0, 20_000])(
  'a process that looked on while another erased goes on behind it, %i ms between looks',
  async ms => {
    await using f = await open()
    await ingest(f, [
      { id: key, value: 1 },
      { id: 'other', value: 2 },
    ])
    const timers = await process(f)
    await turn(timers)
    await eraseKeys(f.lake, strict, [key])
    for (let look = 0; look < 3; look++) {
      f.clock.advance(ms)
      await ingest(f, [{ id: `later ${look}`, value: 3 + look }], { silver: false })
      await turn(timers)
    }
    await expectOneLog(f)
    expect(await tracesOf(f.store, key)).toEqual([])
    expect(await silverRows(f)).toHaveLength(4)
    await timers.close()
  },
)
