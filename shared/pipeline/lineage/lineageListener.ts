import type { Stream } from '../../contract/index.js'
import type { Logger, RunListener, StartedRun } from '../../telemetry/index.js'
import { Outbox, Receiver } from '../../telemetry/sending/index.js'
import { Deliveries, type EndedRun, isDelivery } from './deliveries.js'
import { endEvent, type LineagePlace, startEvent } from './runEvent.js'

/** What {@link lineageListener} sends, and to whom. */
export interface LineageOptions extends LineagePlace {
  /** The server's base address: `/api/v1/lineage` is added. */
  readonly url: string
  readonly apiKey: string | undefined
  readonly streams: readonly Stream[]
  readonly log: Logger
}

const mostEvents = 512
/** How long events are gathered, and how long after one that was not taken the next try comes. */
const sendEveryMs = 1000
const timeoutMs = 5000
/** What is left may hold up the end of a process for so long. */
const closeWithinMs = 3000

/** Sends runs of steps as run events to an OpenLineage server, one a message and in their order, at best. */
export function lineageListener(options: LineageOptions): RunListener {
  const { url, apiKey, streams, log } = options
  const byName = new Map(streams.map(stream => [stream.name, stream]))
  const events = new Outbox<object>({
    receiver: new Receiver({
      url: `${url.replace(/\/+$/, '')}/api/v1/lineage`,
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      timeoutMs,
      what: 'Events of lineage',
      log,
    }),
    most: mostEvents,
    perMessage: 1,
    everyMs: sendEveryMs,
    encode: ([event = {}]) => JSON.stringify(event),
  })
  const add = (event: object | undefined) => {
    if (event !== undefined) events.add(event)
  }
  const start = (stream: Stream) => (run: StartedRun) => {
    add(startEvent(run, stream, options))
  }
  const end =
    (stream: Stream) =>
    ({ run, written }: EndedRun) => {
      add(endEvent(run, written, stream, options))
    }
  const deliveries = new Map(streams.map(stream => [stream.name, new Deliveries(start(stream), end(stream))]))
  return {
    started(run) {
      const stream = byName.get(run.stream ?? '')
      if (isDelivery(run)) deliveries.get(run.stream ?? '')?.started(run)
      else if (stream !== undefined) start(stream)(run)
    },
    ended(run, written) {
      const stream = byName.get(run.stream ?? '')
      if (isDelivery(run)) deliveries.get(run.stream ?? '')?.ended(run, written)
      else if (stream !== undefined) end(stream)({ run, written })
    },
    close() {
      for (const one of deliveries.values()) one.close()
      return events.close(closeWithinMs)
    },
  }
}
