import type { Clock } from '../../clock.js'
import type { Logger } from '../logger.js'
import { type Attributes, type Measured, measuringListener, type MessagingPlaces, Metrics } from '../metrics/index.js'
import type { RunListener } from '../runListener.js'
import { Outbox, Receiver } from '../sending/index.js'
import { metricsMessage, type Span, tracesMessage } from './otlpJson.js'
import { runSpan } from './runSpan.js'

/** What {@link otlpListener} sends, and to whom. */
export interface OtlpOptions {
  /** The collector's base address: `/v1/traces` and `/v1/metrics` are added. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** How often metrics are sent. */
  readonly intervalMs: number
  readonly resource: Attributes
  readonly places: MessagingPlaces
  readonly clock: Clock
  readonly log: Logger
}

const mostSpans = 2048
const spansPerMessage = 512
/** How long messages are gathered, and how long after one that was not taken the next try comes. */
const sendEveryMs = 5000
/** What is left may hold up the end of a process for so long. */
const closeWithinMs = 3000

/** Sends runs as spans and metrics to an OpenTelemetry collector, at best. */
export function otlpListener(options: OtlpOptions): RunListener {
  const { endpoint, headers, timeoutMs, intervalMs, resource, places, clock, log } = options
  const address = (path: string) => `${endpoint.replace(/\/+$/, '')}/v1/${path}`
  const metrics = new Metrics(clock.now())
  const measuring = measuringListener(metrics, places)
  const spans = new Outbox<Span>({
    receiver: new Receiver({ url: address('traces'), headers, timeoutMs, what: 'Spans', log }),
    most: mostSpans,
    perMessage: spansPerMessage,
    everyMs: sendEveryMs,
    encode: items => tracesMessage(resource, items),
  })
  // Sums go on: of metrics only the newest message is worth sending.
  const figures = new Outbox<readonly Measured[]>({
    receiver: new Receiver({ url: address('metrics'), headers, timeoutMs, what: 'Metrics', log }),
    most: 1,
    perMessage: 1,
    everyMs: sendEveryMs,
    encode: ([measured = []]) => metricsMessage(resource, measured, { start: metrics.startTime, now: clock.now() }),
  })
  const measure = () => {
    const measured = metrics.collect()
    if (measured.length > 0) figures.add(measured)
  }
  const timer = setInterval(measure, intervalMs).unref()
  return {
    followsSources: true,
    ended(run, written) {
      measuring.ended?.(run, written)
      const span = runSpan(run, written, places)
      if (span !== undefined) spans.add(span)
    },
    observed(rows) {
      measuring.observed?.(rows)
    },
    async close() {
      clearInterval(timer)
      measure()
      await Promise.all([spans.close(closeWithinMs), figures.close(closeWithinMs)])
    },
  }
}
