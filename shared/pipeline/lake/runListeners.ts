import type { Clock } from '../../clock.js'
import type { Stream } from '../../contract/index.js'
import type { Settings } from '../../settings/index.js'
import { consumerGroupOf } from '../../sources/trigger/index.js'
import type { Logger, RunListener } from '../../telemetry/index.js'
import type { MessagingPlaces } from '../../telemetry/metrics/index.js'
import { bestEffort } from '../../telemetry/sending/index.js'

/** What those who hear of runs work with. */
export interface ListenerParts {
  readonly streams: readonly Stream[]
  readonly clock: Clock
  readonly log: Logger
}

/** Who hears of runs by the settings: an OpenTelemetry collector, an OpenLineage server. Loaded only where they are set. */
export async function openListeners(
  settings: Settings,
  { streams, clock, log }: ListenerParts,
): Promise<readonly RunListener[]> {
  const listeners: RunListener[] = []
  const { openlineageUrl: url } = settings
  const { otlpTargets } = await import('./otlpTargets.js')
  const { traces, metrics } = otlpTargets(settings)
  if ((traces ?? metrics) !== undefined) {
    const { otlpListeners } = await import('../../telemetry/otlp/index.js')
    const { resourceAttributes } = await import('./resourceAttributes.js')
    listeners.push(
      ...otlpListeners({
        traces,
        metrics,
        intervalMs: settings.otelMetricExportInterval,
        resource: resourceAttributes(settings),
        places: messagingPlaces(settings, streams),
        clock,
        log,
      }),
    )
  }
  if (url !== undefined) {
    const { lineageListener } = await import('../lineage/index.js')
    const { openlineageApiKey: apiKey, openlineageNamespace: namespace, lakeUrl } = settings
    const brokers =
      settings.source === 'eventhubs' ? `${settings.eventhubsNamespace ?? 'eventhubs'}:9093` : settings.kafkaBrokers
    listeners.push(lineageListener({ url, apiKey, namespace, lakeUrl, brokers, streams, log }))
  }
  return listeners.map(listener => bestEffort(listener, log))
}

/** Metrics shown at a port of this machine, where the settings name one. */
export async function openPrometheus(settings: Settings, parts: ListenerParts): Promise<readonly RunListener[]> {
  const { otelExporterPrometheusPort: port } = settings
  if (port === undefined) return []
  const { servePrometheus } = await import('../../telemetry/metrics/index.js')
  const places = messagingPlaces(settings, parts.streams)
  return [bestEffort(await servePrometheus({ port, places, clock: parts.clock, log: parts.log }), parts.log)]
}

function messagingPlaces(settings: Settings, streams: readonly Stream[]): MessagingPlaces {
  const { source: system } = settings
  return new Map(
    streams.map(({ name, topic }) => {
      const consumerGroup =
        system === 'eventhubs' ? settings.eventhubsConsumerGroup : consumerGroupOf(settings.kafkaConsumerGroup, name)
      return [name, { system, topic, consumerGroup }]
    }),
  )
}
