import { createServer } from 'node:http'

import type { Clock } from '../../clock.js'
import { asError } from '../../errors.js'
import type { Logger } from '../logger.js'
import type { RunListener } from '../runListener.js'
import { Metrics } from './metrics.js'
import { prometheusText, prometheusType } from './prometheusText.js'
import { measuringListener, type MessagingPlaces } from './runMetrics.js'

/** What {@link servePrometheus} works with. */
export interface PrometheusOptions {
  /** Of 127.0.0.1; nobody else can reach it. */
  readonly port: number
  readonly places: MessagingPlaces
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Measures runs, and shows the metrics of this process at `http://127.0.0.1:<port>/metrics` until it is closed. A port that
 * is taken is a warning, and no more.
 */
export async function servePrometheus({ port, places, clock, log }: PrometheusOptions): Promise<RunListener> {
  const metrics = new Metrics(clock.now())
  const server = createServer((request, response) => {
    const found = request.url?.split('?')[0] === '/metrics'
    const status = !found ? 404 : request.method === 'GET' ? 200 : 405
    response.writeHead(status, { 'content-type': prometheusType })
    response.end(status === 200 ? prometheusText(metrics.collect()) : '')
  })
  server.unref()
  await new Promise<void>(settled => {
    server.once('listening', settled)
    server.on('error', thrown => {
      log.warn('Metrics cannot be shown to Prometheus; runs go on without.', { port, error: asError(thrown).message })
      settled()
    })
    server.listen(port, '127.0.0.1')
  })
  return {
    ...measuringListener(metrics, places),
    close() {
      server.closeAllConnections()
      return new Promise(closed =>
        server.close(() => {
          closed()
        }),
      )
    },
  }
}
