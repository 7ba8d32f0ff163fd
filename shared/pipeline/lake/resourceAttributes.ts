import os from 'node:os'

import type { Settings } from '../../settings/index.js'
import { processHost } from '../../telemetry/index.js'
import type { Attributes } from '../../telemetry/metrics/index.js'

/** What spans and metrics are of, as OpenTelemetry's conventions name it: the settings say it, or it is this process. */
export function resourceAttributes({ otelServiceName, otelResourceAttributes }: Settings): Attributes {
  const named = otelResourceAttributes ?? {}
  return {
    'service.name': 'kafka-delta-functions',
    'service.instance.id': `${processHost()}:${process.pid}`,
    'host.name': os.hostname(),
    'process.pid': process.pid,
    ...named,
    ...(otelServiceName === undefined ? {} : { 'service.name': otelServiceName }),
  }
}
