import { z } from 'zod'

import { checked, pairs, secret, secrets, text, whole } from './settingKinds.js'
import { collectorUrlFault, isHeaderValue } from './settingText.js'

const endpoint = (description: string) => checked(collectorUrlFault).optional().describe(description)
const headers = (description: string) =>
  pairs(isHeaderValue).optional().register(secrets, { secret: true }).describe(description)
const protocol = (description: string) =>
  z.enum(['http/json', 'http/protobuf', 'grpc']).optional().describe(description)
const compression = () => z.enum(['none', 'gzip'])
const timeout = () => whole(100, 60_000)

/** Who is told of runs besides the log, by the names that OpenTelemetry and OpenLineage give them: a part of the environment. */
export const telemetrySettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint(
    'An OpenTelemetry collector, `http(s)://host:4318`: runs are sent there as spans (`/v1/traces`) and metrics (`/v1/metrics`), by OTLP over HTTP in JSON. None when empty.',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: headers('Headers for it, `name=value`, separated by commas, values percent-encoded.'),
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol(
    'Only `http/json` is sent, which a collector takes at the same port: another value stops the start, unless both signals have `http/json` as their own.',
  ),
  OTEL_EXPORTER_OTLP_COMPRESSION: compression().default('none').describe('`gzip` compresses what is sent.'),
  OTEL_EXPORTER_OTLP_TIMEOUT: timeout()
    .default(10_000)
    .describe('Milliseconds after which a message to it is given up; runs never wait for it.'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint(
    'The whole address for spans, nothing is added to it; by itself it has only spans sent. This and the others of one signal stand in place of the common ones.',
  ),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers('Headers for spans, in place of all common ones.'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol('`http/json`.'),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: compression().optional().describe('`none` or `gzip`, for spans.'),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: timeout().optional().describe('Milliseconds, for spans.'),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint('The whole address for metrics.'),
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: headers('Headers for metrics, in place of all common ones.'),
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: protocol('`http/json`.'),
  OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: compression().optional().describe('`none` or `gzip`, for metrics.'),
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: timeout().optional().describe('Milliseconds, for metrics.'),
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
