import { systemClock } from '../../shared/clock.js'
import type { Stream } from '../../shared/contract/index.js'
import { asError } from '../../shared/errors.js'
import { openLake } from '../../shared/pipeline/lake/index.js'
import { readLocalSettings, readSettings } from '../../shared/settings/index.js'
import type { ProducedRecord, Source } from '../../shared/sources/index.js'
import {
  drawnBy,
  type EventGenerator,
  SyntheticEvents,
  syntheticGenerator,
} from '../../shared/sources/synthetic/index.js'
import { redact } from '../../shared/telemetry/index.js'
import { type StackOptions } from './options.js'

type ProducerOptions = Pick<StackOptions, 'rate' | 'duplicates' | 'late' | 'broken' | 'tombstones' | 'seed'>

const beat = 100

/**
 * Produces synthetic events at a steady rate until it is stopped: a process of its own, so that a busy pipeline does not
 * slow the events down that it is measured by.
 */
async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as ProducerOptions
  const stopping = new AbortController()
  const stop = () => {
    stopping.abort(new Error('The producer is stopping.'))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('disconnect', stop)
  // What it prints goes to a file: a disk that is full must not end it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

  const lake = await openLake(readSettings(readLocalSettings(process.cwd())))
  const generators = lake.streams.flatMap(stream => {
    const made = syntheticGenerator(stream)
    if (made.kind === 'generator') return [{ stream, generator: made.generator }]
    process.send?.({ kind: 'note', message: `${stream.name} gets no events: ${made.why}` })
    return []
  })
  process.send?.({ kind: 'ready', topics: generators.map(({ stream }) => stream.topic) })
  await Promise.all(
    generators.map(({ stream, generator }) => produce(lake.source, stream, generator, options, stopping.signal)),
  )
  // Without a stream to produce for, it waits all the same: a part that ends is taken for one that failed.
  while (!stopping.signal.aborted) await systemClock.sleep(60_000, stopping.signal).catch(() => undefined)
  await lake.close()
}

async function produce(
  source: Source,
  stream: Stream,
  generator: EventGenerator,
  { rate, seed, ...percent }: ProducerOptions,
  signal: AbortSignal,
): Promise<void> {
  const options = {
    ...percent,
    ...drawnBy(seed, Date.now()),
    intervalMs: 1000 / rate,
    allowedLatenessMs: stream.allowedLatenessMs,
    dedupeWithinMs: stream.dedupeWithinMs,
  }
  const synthetic = new SyntheticEvents(options, generator)
  let due = systemClock.monotonic()
  while (!signal.aborted) {
    const now = systemClock.monotonic()
    const passed = Math.min(now - due, 1000)
    const count = Math.floor((passed * rate) / 1000)
    if (count > 0) {
      due = passed < now - due ? now : due + (count * 1000) / rate
      await send(source, stream.topic, synthetic.take(count, systemClock.now() - passed), signal)
    }
    await systemClock.sleep(beat, signal).catch(() => undefined)
  }
}

/** Until the broker has them: a record that is sent twice is one more duplicate. */
async function send(
  source: Source,
  topic: string,
  records: readonly ProducedRecord[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await source.produce(topic, records)
      return
    } catch (thrown) {
      process.stdout.write(redact(`${new Date().toISOString()} ${asError(thrown).message}\n`))
      if (signal.aborted) return
      await systemClock.sleep(1000, signal).catch(() => undefined)
    }
  }
}

main().then(
  () => process.exit(0),
  (thrown: unknown) => {
    process.stderr.write(redact(`error: ${asError(thrown).message}\n`))
    process.exit(1)
  },
)
