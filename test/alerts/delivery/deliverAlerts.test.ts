import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { deliverAlerts } from '../../../shared/alerts/delivery/index.js'
import { DrivenLake } from '../drivenLake.js'

interface Message {
  readonly schemaId: string
  readonly data: {
    readonly essentials: Readonly<Record<string, string>>
    readonly alertContext: { readonly condition: { readonly allOf: readonly { readonly metricValue: number }[] } }
    readonly customProperties: Readonly<Record<string, string>>
  }
}

let server: Server
let url: string
let status: number
let silent: boolean
const received: Message[] = []

beforeEach(async () => {
  status = 200
  silent = false
  received.length = 0
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (silent) return request.socket.destroy()
      if (status === 200) received.push(JSON.parse(Buffer.concat(chunks).toString()) as Message)
      response.writeHead(status, status === 302 ? { location: url } : {}).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook?code=c2VjcmV0c2VjcmV0`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

const settings = () => ({ ALERT_WEBHOOK_URL: url, ALERT_LAG: '10' })
const states = () =>
  received.map(({ data: { essentials } }) => [essentials['alertRule'], essentials['monitorCondition']])

test('an alert that fires and is resolved is delivered once each, by whichever process comes next', async () => {
  await using d = await DrivenLake.open(settings())
  await d.turn()
  expect(await deliverAlerts(d.lake)).toEqual({ fired: 0, resolved: 0 })
  await d.turn({ events: 20, ingest: ['orders'] })
  await deliverAlerts(d.lake)
  expect(states()).toEqual([
    ['lag', 'Fired'],
    ['slow-drain', 'Fired'],
  ])
  await d.restart()
  await d.turn({ events: 1, ingest: ['orders'] })
  expect(await deliverAlerts(d.lake)).toEqual({ fired: 0, resolved: 0 })
  await d.turn()
  await d.restart()
  expect(await deliverAlerts(d.lake)).toEqual({ fired: 0, resolved: 2 })
  expect(await deliverAlerts(d.lake)).toEqual({ fired: 0, resolved: 0 })
  const [fired, , resolved] = received
  expect(fired).toMatchObject({
    schemaId: 'azureMonitorCommonAlertSchema',
    data: {
      essentials: {
        severity: 'Sev2',
        signalType: 'Log',
        monitorCondition: 'Fired',
        description: 'bronze.events: 20 offsets wait in Kafka, more than 10.',
        configurationItems: ['bronze.events'],
        essentialsVersion: '1.0',
      },
      alertContext: {
        condition: {
          allOf: [
            {
              metricValue: 20,
              threshold: 10,
              dimensions: [
                { name: 'stream', value: 'events' },
                { name: 'table_name', value: 'bronze.events' },
              ],
            },
          ],
        },
      },
      customProperties: { runbook: 'infra/RUNBOOK.md#lag' },
    },
  })
  const [begun, over] = [fired?.data.essentials, resolved?.data.essentials]
  expect(over).toMatchObject({ monitorCondition: 'Resolved', alertId: begun?.['alertId'] })
  expect(over?.['firedDateTime']).toBe(begun?.['firedDateTime'])
  expect(Date.parse(over?.['resolvedDateTime'] ?? '')).toBeGreaterThan(Date.parse(over?.['firedDateTime'] ?? ''))
  expect(JSON.stringify(received)).not.toContain('c2VjcmV0')
})

test.each(['500', '302', 'cut off'])(
  'to a receiver that answers %s an alert is delivered again, and a run is not hurt',
  async answer => {
    await using d = await DrivenLake.open(settings())
    await d.turn()
    await d.turn({ events: 20, ingest: ['orders'] })
    silent = answer === 'cut off'
    status = Number(answer) || 200
    expect(await deliverAlerts(d.lake)).toEqual({ fired: 0, resolved: 0 })
    silent = false
    status = 200
    expect(received).toEqual([])
    expect(await deliverAlerts(d.lake)).toEqual({ fired: 2, resolved: 0 })
    expect(states()).toHaveLength(2)
  },
)

test('where it cannot be read what was delivered, it is delivered again; storage that cannot be read hurts nobody', async () => {
  await using d = await DrivenLake.open(settings())
  await d.turn()
  await d.turn({ events: 20, ingest: ['orders'] })
  await deliverAlerts(d.lake)
  await d.store.put('_alerts/told.json', Buffer.from('{'))
  expect(await deliverAlerts(d.lake)).toEqual({ fired: 2, resolved: 0 })
  d.faults.add({ on: ['get', 'list'], fault: { kind: 'fail', retryable: false }, times: Infinity })
  expect(await deliverAlerts(d.lake)).toEqual({ fired: 0, resolved: 0 })
})
