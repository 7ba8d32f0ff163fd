import { checked, pairs, secret, secrets, text, whole } from './settingKinds.js'
import { collectorUrlFault, isHeaderValue } from './settingText.js'

/** Who is told of runs besides the log, by the names that OpenTelemetry and OpenLineage give them: a part of the environment. */
export const telemetrySettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: checked(collectorUrlFault)
    .optional()
    .describe(
      'An OpenTelemetry collector, `http(s)://host:4318`: runs are sent there as spans and metrics, by OTLP over HTTP in JSON. None when empty.',
    ),
  OTEL_EXPORTER_OTLP_HEADERS: pairs(isHeaderValue)
    .optional()
    .register(secrets, { secret: true })
    .describe('Headers for it, `name=value`, separated by commas, values percent-encoded.'),
  OTEL_EXPORTER_OTLP_TIMEOUT: whole(100, 60_000)
    .default(10_000)
    .describe('Milliseconds after which a message to it is given up; runs never wait for it.'),
  OTEL_METRIC_EXPORT_INTERVAL: whole(1000, 3_600_000)
    .default(60_000)
    .describe('Milliseconds between two messages with metrics.'),
  OTEL_SERVICE_NAME: text()
    .optional()
    .describe('The `service.name` of spans and metrics; `kafka-delta-functions` when empty.'),
  OTEL_RESOURCE_ATTRIBUTES: pairs()
    .optional()
    .describe('What else they are of, `deployment.environment.name=production`, separated by commas.'),
  OTEL_EXPORTER_PROMETHEUS_PORT: whole(1, 65_535)
    .optional()
    .describe(
      "Port of 127.0.0.1 at which the functions' process shows its metrics to Prometheus (`/metrics`); none when empty. `npm start` has one.",
    ),
  OPENLINEAGE_URL: checked(collectorUrlFault)
    .optional()
    .describe('An OpenLineage server, `http(s)://host:port`: runs are sent there as run events. None when empty.'),
  OPENLINEAGE_API_KEY: secret('Bearer token for it.'),
  OPENLINEAGE_NAMESPACE: text().default('kafka-delta-functions').describe('The namespace of the jobs in it.'),
}
