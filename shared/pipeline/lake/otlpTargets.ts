import type { Settings } from '../../settings/index.js'
import type { OtlpTarget } from '../../telemetry/otlp/index.js'

/**
 * Where spans and metrics are sent: a signal's own settings stand in place of the common ones, and its own address is
 * taken as it is, as OpenTelemetry's specification of the exporter says. Undefined for a signal that has no address.
 */
export function otlpTargets(settings: Settings): {
  readonly traces: OtlpTarget | undefined
  readonly metrics: OtlpTarget | undefined
} {
  const {
    otelExporterOtlpEndpoint: endpoint,
    otelExporterOtlpHeaders: headers = {},
    otelExporterOtlpTimeout: timeoutMs,
    otelExporterOtlpCompression: compression,
  } = settings
  const common = (path: string) => (endpoint === undefined ? undefined : `${endpoint.replace(/\/+$/, '')}/v1/${path}`)
  const target = (url: string | undefined, own: Omit<OtlpTarget, 'url'>) =>
    url === undefined ? undefined : { url, ...own }
  return {
    traces: target(settings.otelExporterOtlpTracesEndpoint ?? common('traces'), {
      headers: settings.otelExporterOtlpTracesHeaders ?? headers,
      timeoutMs: settings.otelExporterOtlpTracesTimeout ?? timeoutMs,
      gzip: (settings.otelExporterOtlpTracesCompression ?? compression) === 'gzip',
    }),
    metrics: target(settings.otelExporterOtlpMetricsEndpoint ?? common('metrics'), {
      headers: settings.otelExporterOtlpMetricsHeaders ?? headers,
      timeoutMs: settings.otelExporterOtlpMetricsTimeout ?? timeoutMs,
      gzip: (settings.otelExporterOtlpMetricsCompression ?? compression) === 'gzip',
    }),
  }
}
