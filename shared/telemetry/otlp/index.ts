/** Runs as spans and metrics of OpenTelemetry, sent by OTLP; loaded only where a collector is set. */
export { otlpListeners, type OtlpTarget } from './otlpListener.js'
