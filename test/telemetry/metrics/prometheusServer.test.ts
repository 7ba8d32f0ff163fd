import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'

import { expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { servePrometheus } from '../../../shared/telemetry/metrics/index.js'
import { keptLog } from '../../harness/collector.js'

/** A port that nobody has, and one that somebody has for as long as `server` listens. */
async function takenPort() {
  const server = createServer()
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const free = () =>
    new Promise<void>(closed =>
      server.close(() => {
        closed()
      }),
    )
  return { port: (server.address() as AddressInfo).port, free }
}

const places = new Map<string, never>()

test('what the monitor saw is at /metrics in text format 0.0.4, and nothing anywhere else', async () => {
  const { port, free } = await takenPort()
  await free()
  const { log, lines } = keptLog()
  const listener = await servePrometheus({ port, places, clock: new ManualClock(), log })
  listener.observed?.([
    { table_name: 'bronze.events', stream: 'events', layer: 'bronze', lag: 7n, identity_closed: true },
  ])
  const url = `http://127.0.0.1:${port}`
  const answer = await fetch(`${url}/metrics`)
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await answer.text()
  expect(text).toContain('lake_lag_records{lake_table="bronze.events",lake_stream="events",lake_layer="bronze"} 7\n')
  expect(text).toContain('lake_reconciled{lake_table="bronze.events",lake_stream="events",lake_layer="bronze"} 1\n')
  expect((await fetch(url)).status).toBe(404)
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
  await listener.close?.()
  await expect(fetch(`${url}/metrics`)).rejects.toThrow()
  expect(lines).toEqual([])
})

test('a port that is taken is a warning, and runs go on', async () => {
  const { port, free } = await takenPort()
  const { log, lines } = keptLog()
  const listener = await servePrometheus({ port, places, clock: new ManualClock(), log })
  expect(lines).toEqual([expect.stringContaining('EADDRINUSE')])
  listener.observed?.([{ lag: 1 }])
  await listener.close?.()
  await free()
})
