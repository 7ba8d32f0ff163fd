import type { Stream } from '../../../shared/contract/index.js'
import type { ProducedRecord } from '../../../shared/sources/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { bronzeLoads } from '../bronzeLoads.js'
import { keyOwner } from '../keyOwner.js'
import { peersRecord } from '../peers/peersLoad.js'

/** Events of one shape, whose keys are random and whose time is now. */
export interface CostLoad {
  readonly stream: Stream
  readonly record: (id: number, time: number) => ProducedRecord
}

/** The sample stream's events, small ones. */
export const smallEvents: CostLoad = { stream: events, record: peersRecord }

/** Events of 1 KB, by the name that the benchmark of bronze has for them. */
export function largeEvents(): CostLoad {
  const load = bronzeLoads.find(({ name }) => name === '1 KB')
  if (load === undefined) throw new Error('The benchmark of bronze has no events of 1 KB.')
  return {
    stream: load.stream,
    record(id, time) {
      const event = load.event(keyOwner(id)) as Readonly<Record<string, unknown>>
      const key = Buffer.from(String(event['event_id']))
      const value = Buffer.from(JSON.stringify({ ...event, timestamp: new Date(time).toISOString() }))
      return { key, value, timestamp: time }
    },
  }
}
