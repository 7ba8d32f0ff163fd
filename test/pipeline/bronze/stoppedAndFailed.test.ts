import { describe, expect, test } from 'vitest'

import { bronzePath } from '../../../shared/contract/index.js'
import { commitInfoOf } from '../../../shared/delta/index.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { SourceError } from '../../../shared/sources/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, range, span } from './bronzeFixture.js'

const topic = 'events'

/** Whether the runs' commits after that version say that their run ends with them, oldest first. */
async function finals(f: BronzeFixture, after: number): Promise<readonly unknown[]> {
  const said: unknown[] = []
  for await (const { actions } of f.lake.table(bronzePath(f.stream)).commits(after + 1)) {
    const run = (commitInfoOf(actions)?.['lake'] as { run?: { final: unknown } } | undefined)?.run
    if (run !== undefined) said.push(run.final)
  }
  return said
}

/**
 * Once the next catch-up has planned, its first check before a commit waits until a read from that offset of that
 * partition has failed, and finds partition 0 truncated.
 */
function truncateOnceFailed(f: BronzeFixture, partition: number, start: bigint): void {
  const read = f.source.read.bind(f.source)
  const identify = f.source.identify.bind(f.source)
  let fail: () => void = () => undefined
  const failed = new Promise<void>(resolve => (fail = resolve))
  f.source.read = async function* (name, asked, more) {
    try {
      yield* read(name, asked, more)
    } catch (error) {
      if (asked.partition === partition && asked.start === start) fail()
      throw error
    }
  }
  f.source.identify = (...planned) => {
    f.source.identify = async (...checked) => {
      f.source.identify = identify
      await failed
      f.source.truncate(topic, 0, 2n)
      return await identify(...checked)
    }
    return identify(...planned)
  }
}

describe('a partition that is both stopped and failed', () => {
  test('is stopped to a delivery, which is not tried again for what the source did not give', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 30))
    await f.deliver(range(0, 5))
    const records = await f.fetch(range(20, 25))
    const read = f.source.read.bind(f.source)
    f.source.read = (name, asked, more) => {
      if (asked.start < 5n) return read(name, asked, more)
      f.source.truncate(topic, 0, 2n)
      throw new SourceError('SOURCE_UNREACHABLE', 'Kafka is away.', { retryable: true })
    }
    const report = await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(report).toMatchObject({ outcome: 'failed', rowsOut: 0, error: { code: 'TOPIC_RECREATED' } })
    expect(report.error?.message).not.toContain('Kafka is away')
  })

  test('keeps the failure in the catch-up that met it first; the next one reports the stop', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 50))
    await f.deliver(range(0, 5))
    f.source.damage(topic, 0, 17n)
    truncateOnceFailed(f, 0, 17n)
    const [report] = await catchUp(f.lake, 'command')
    expect(report).toMatchObject({ outcome: 'failed', rowsOut: 0, error: { code: 'SOURCE_CORRUPT' } })
    expect((await f.progress()).get(0)?.stop).toBeDefined()
    expect((await catchUp(f.lake, 'command'))[0]?.error).toMatchObject({ code: 'TOPIC_RECREATED' })
  })

  test('takes no failure from another one: both are named', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    for (const partition of [0, 1]) {
      f.append(range(0, 50), partition)
      await f.deliver(range(0, 5), partition)
    }
    const read = f.source.read.bind(f.source)
    let corrupt = true
    f.source.read = async function* (name, asked, more) {
      if (corrupt && asked.partition === 1 && asked.start === 5n) {
        corrupt = false
        throw new SourceError('SOURCE_CORRUPT', 'Offset 5 of events/1 is corrupt.')
      }
      yield* read(name, asked, more)
    }
    truncateOnceFailed(f, 1, 5n)
    const [report] = await catchUp(f.lake, 'command')
    expect(report?.error?.message).toContain('partition 0,')
    expect(report?.error?.message).toContain('Offset 5 of events/1')
    expect(eachOffsetOnce(await f.lineage(), [span(5), span(5, 1)])).toEqual([])
  })
})

describe('no commit ends a run that has yet to report a partition', () => {
  const open = async () => {
    const f = await BronzeFixture.open({ partitions: 2 })
    for (const partition of [0, 1]) f.append(range(0, 10), partition)
    await catchUp(f.lake, 'command')
    f.append(range(10, 20), 1)
    return f
  }

  test('that is stopped, in a catch-up: neither in the one that finds it nor in the one after', async () => {
    await using f = await open()
    f.source.truncate(topic, 0, 3n)
    for (const end of [20, 30]) {
      const version = await f.version()
      expect((await catchUp(f.lake, 'command'))[0]).toMatchObject({ outcome: 'failed', rowsOut: 10 })
      expect(await finals(f, version)).toEqual([false])
      f.append(range(end, end + 10), 1)
    }
  })

  test('that fails while it is read, in a catch-up', async () => {
    await using f = await open()
    f.append(range(10, 40))
    f.source.damage(topic, 0, 10n)
    const version = await f.version()
    expect((await catchUp(f.lake, 'command'))[0]).toMatchObject({ outcome: 'failed', rowsOut: 10 })
    expect(await finals(f, version)).toEqual([false])
  })

  test('that is stopped, in a delivery: neither in the one that finds it nor in the one after', async () => {
    await using f = await open()
    f.append(range(20, 30), 1)
    f.append(range(10, 30))
    const stale = await f.fetch(range(10, 30))
    f.source.truncate(topic, 0, 3n)
    for (const from of [10, 20]) {
      const version = await f.version()
      const records = [...stale.slice(from - 10, from), ...(await f.fetch(range(from, from + 10), 1))]
      const report = await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
      expect(report).toMatchObject({ outcome: 'failed', rowsOut: 10 })
      expect(await finals(f, version)).toEqual([false])
    }
  })

  test('while one that has none to report ends with its last commit', async () => {
    await using f = await open()
    const version = await f.version()
    await catchUp(f.lake, 'command')
    expect(await finals(f, version)).toEqual([true])
  })
})
