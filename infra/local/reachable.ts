import { systemClock } from '../../shared/clock.js'
import { asError } from '../../shared/errors.js'
import { openLake } from '../../shared/pipeline/lake/index.js'
import type { Settings } from '../../shared/settings/index.js'
import { SourceError } from '../../shared/sources/index.js'
import { LocalStackError } from './localStackError.js'

/** Time for a service that runs already to answer. */
const patienceMs = 20_000
const sayAfterMs = 2_000

/** Which of the services were named, and so have to answer before anything is ready. */
export interface GivenServices {
  readonly kafka: boolean
  readonly lake: boolean
}

/**
 * Asks the services that the settings name whether they are there.
 * @returns topics of the declared streams that do not exist on a given broker
 * @throws LocalStackError UNREACHABLE that says which one is not, and why
 */
export async function requireReachable(
  settings: Settings,
  given: GivenServices,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lake = await openLake(settings)
  const missing: string[] = []
  try {
    if (given.lake) {
      await answer(
        `The lake at ${lake.store.url}`,
        'LAKE_URL',
        () => lake.store.head('_reachable').then(() => undefined),
        say,
        signal,
      )
    }
    if (given.kafka) {
      for (const { topic } of lake.streams) {
        await answer(
          `Kafka at ${settings.kafkaBrokers}`,
          'KAFKA_BROKERS',
          async () => {
            try {
              await lake.source.offsets(topic)
            } catch (thrown) {
              if (!(thrown instanceof SourceError) || thrown.code !== 'SOURCE_TOPIC_MISSING') throw thrown
              missing.push(topic)
            }
          },
          say,
          signal,
        )
      }
    }
    return missing
  } finally {
    // A library that still tries to connect must not keep the sentence back.
    void lake.close().catch(() => undefined)
  }
}

async function answer(
  who: string,
  setting: string,
  ask: () => Promise<void>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const waiting = systemClock.sleep(sayAfterMs, over.signal).then(() => {
    say(`${who} does not answer yet; waiting up to ${patienceMs / 1000} s`)
  })
  const patience = AbortSignal.any([over.signal, signal])
  const late = systemClock.sleep(patienceMs, patience).then(() => {
    throw new Error(`no answer within ${patienceMs / 1000} s`)
  })
  for (const p of [waiting, late]) p.catch(() => undefined)
  try {
    await Promise.race([ask(), late])
  } catch (thrown) {
    signal.throwIfAborted()
    const cause = asError(thrown)
    throw new LocalStackError(
      'UNREACHABLE',
      `${who} cannot be used: ${cause.message} Start it or correct ${setting}; without ${setting}, npm start brings its own.`,
      { cause },
    )
  } finally {
    over.abort(new Error('done'))
  }
}
