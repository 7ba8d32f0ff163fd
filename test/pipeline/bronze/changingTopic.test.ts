import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, timestamp } from '../../../shared/contract/index.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { resetOffsets } from '../../../shared/pipeline/bronze/resetOffsets.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, range, span } from './bronzeFixture.js'

/** Recreates the topic between the second and the third question that the source is asked about it. */
function recreateMeanwhile(f: BronzeFixture): void {
  const [offsets, identify] = [f.source.offsets.bind(f.source), f.source.identify.bind(f.source)]
  let asked = 0
  const between = () => {
    if (++asked === 2) f.source.recreateTopic('events')
  }
  f.source.offsets = async (...args) => {
    const answer = await offsets(...args)
    between()
    return answer
  }
  f.source.identify = async (...args) => {
    const answer = await identify(...args)
    between()
    return answer
  }
}

describe('a topic that is recreated between its ids and its offsets', () => {
  const latest = defineStream({
    name: 'events',
    topic: 'events',
    key: 'event_id',
    eventTime: 'timestamp',
    clusterBy: ['timestamp'],
    startFrom: 'latest',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    schema: z.object({ event_id: z.string(), timestamp: timestamp() }),
  })

  test("is reported as another one, and does not begin at the old one's end", async () => {
    await using f = await BronzeFixture.open({ stream: latest })
    f.append(range(0, 10))
    recreateMeanwhile(f)
    await catchUp(f.lake, 'command')
    f.append(range(100, 115))
    expect(await catchUp(f.lake, 'command')).toMatchObject([{ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } }])
    await resetOffsets(f.lake, f.stream)
    await catchUp(f.lake, 'command')
    expect(eachOffsetOnce(await f.lineage(), [span(15, 0, { generation: 1 })])).toEqual([])
  })

  test("while offsets are reset is reported as another one, and does not begin at the old one's start", async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 20))
    await catchUp(f.lake, 'command')
    f.source.deleteRecords('events', 0, 10n)
    recreateMeanwhile(f)
    await resetOffsets(f.lake, f.stream)
    f.append(range(100, 115))
    expect(await catchUp(f.lake, 'command')).toMatchObject([{ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } }])
    await resetOffsets(f.lake, f.stream)
    await catchUp(f.lake, 'command')
    expect(eachOffsetOnce(await f.lineage(), [span(20), span(15, 0, { generation: 2 })])).toEqual([])
  })
})

test('what was delivered of a topic that is gone is committed, where nothing else of it is needed', async () => {
  await using f = await BronzeFixture.open()
  f.append(range(0, 6))
  await f.deliver(range(0, 3))
  const records = await f.fetch(range(3, 6))
  f.source.deleteTopic('events')
  expect(await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')).toMatchObject({
    outcome: 'committed',
    rowsOut: 3,
  })
  expect(eachOffsetOnce(await f.lineage(), [span(6)])).toEqual([])
})
