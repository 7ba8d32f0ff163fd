import type { Clock } from '../../clock.js'
import type { Logger } from '../logger.js'
import { type Attributes, type Measured, measuringListener, type MessagingPlaces, Metrics } from '../metrics/index.js'
import type { RunListener } from '../runListener.js'
import { Outbox, Receiver } from '../sending/index.js'
import { metricsMessage, type Span, tracesMessage } from './otlpJson.js'
import { partialSuccessText } from './partialSuccess.js'
import { runSpan } from './runSpan.js'

/** Where one signal is sent. */
export interface OtlpTarget {
  /** The whole address. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly gzip: boolean
}

/** What {@link otlpListener} sends, and to whom. */
export interface OtlpOptions {
  /** Undefined where no spans are sent. */
  readonly traces: OtlpTarget | undefined
  /** Undefined where no metrics are sent. */
  readonly metrics: OtlpTarget | undefined
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

/** Sends runs as spans to an OpenTelemetry collector, at best. */
function tracingListener(target: OtlpTarget, { resource, places, log }: OtlpOptions): RunListener {
  const spans = new Outbox<Span>({
    receiver: receiverOf(target, 'Spans', log),
    most: mostSpans,
    perMessage: spansPerMessage,
    everyMs: sendEveryMs,
    encode: items => tracesMessage(resource, items),
  })
  return {
    followsSources: true,
    ended(run, written) {
      const span = runSpan(run, written, places)
      if (span !== undefined) spans.add(span)
    },
    close: () => spans.close(closeWithinMs),
  }
}

/** Sends what runs are measured by to an OpenTelemetry collector, at best. */
function meteringListener(target: OtlpTarget, options: OtlpOptions): RunListener {
  const { intervalMs, resource, places, clock, log } = options
  const metrics = new Metrics(clock.now())
  const measuring = measuringListener(metrics, places)
  // Sums go on: of metrics only the newest message is worth sending.
  const figures = new Outbox<readonly Measured[]>({
    receiver: receiverOf(target, 'Metrics', log),
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
    ...measuring,
    async close() {
      clearInterval(timer)
      measure()
      await figures.close(closeWithinMs)
    },
  }
}

/** Who tells an OpenTelemetry collector of runs: one for each signal that is sent. */
export function otlpListeners(options: OtlpOptions): readonly RunListener[] {
  const { traces, metrics } = options
  return [
    ...(traces === undefined ? [] : [tracingListener(traces, options)]),
    ...(metrics === undefined ? [] : [meteringListener(metrics, options)]),
  ]
}

const receiverOf = (target: OtlpTarget, what: string, log: Logger) =>
  new Receiver({ ...target, what, remarkOf: partialSuccessText, log })
