import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { deliverAlerts } from '../../../shared/alerts/delivery/index.js'
import type { AlertReport } from '../../../shared/alerts/index.js'
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
  if (server.listening) await new Promise(resolve => server.close(resolve))
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

/** What fires, without the work of a lake that makes it fire. */
function report(checkedAt: number, ...alerts: readonly string[]): AlertReport {
  const firing = alerts.map(alert => ({
    alert,
    title: alert,
    severity: 2 as const,
    stream: 'events',
    table: `bronze.${alert}`,
    step: undefined,
    value: 20,
    threshold: 10,
    since: checkedAt,
    sinceIsKnown: true,
    sentence: `${alert} is too much.`,
    runbook: `infra/RUNBOOK.md#${alert}`,
  }))
  return { checkedAt, firing }
}

const ids = () => received.map(({ data: { essentials } }) => essentials['alertId'])
const isOurs = (path: string) => path.startsWith('_alerts/')

test('of evaluators that look at one moment, one sends each message', async () => {
  await using d = await DrivenLake.open(settings())
  const now = d.clock.now()
  const all = (one: AlertReport) => Promise.all(Array.from({ length: 8 }, () => deliverAlerts(d.lake, one)))
  const begun = await all(report(now, 'lag', 'silence'))
  expect(begun.reduce((sum, { fired }) => sum + fired, 0)).toBe(2)
  const over = await all(report(now + 60_000, 'silence'))
  expect(over.reduce((sum, { resolved }) => sum + resolved, 0)).toBe(1)
  expect(states().sort()).toEqual([
    ['lag', 'Fired'],
    ['lag', 'Resolved'],
    ['silence', 'Fired'],
  ])
})

test('an evaluator that another overtakes sends what is left to it', async () => {
  await using d = await DrivenLake.open(settings())
  const now = d.clock.now()
  const first = async () => {
    expect(await deliverAlerts(d.lake, report(now, 'lag'))).toEqual({ fired: 1, resolved: 0 })
  }
  d.faults.add({ on: 'putIfAbsent', path: isOurs, fault: { kind: 'interleave', first } })
  expect(await deliverAlerts(d.lake, report(now, 'lag', 'silence'))).toEqual({ fired: 1, resolved: 0 })
  expect(states()).toEqual([
    ['lag', 'Fired'],
    ['silence', 'Fired'],
  ])
})

test('a message of a process that died is sent again when its claim is over, with the same id, and is resolved once', async () => {
  await using d = await DrivenLake.open(settings())
  const now = d.clock.now()
  d.faults.add({ on: 'putIfAbsent', path: isOurs, after: 1, fault: { kind: 'fail', retryable: false } })
  await deliverAlerts(d.lake, report(now, 'lag', 'silence'))
  expect(states()).toHaveLength(2)
  expect(await deliverAlerts(d.lake, report(now + 60_000, 'lag', 'silence'))).toEqual({ fired: 0, resolved: 0 })
  expect(await deliverAlerts(d.lake, report(now + 121_000, 'lag'))).toEqual({ fired: 1, resolved: 1 })
  expect(states().slice(2)).toEqual([
    ['lag', 'Fired'],
    ['silence', 'Resolved'],
  ])
  expect(ids().slice(2)).toEqual(ids().slice(0, 2))
  expect(await deliverAlerts(d.lake, report(now + 122_000, 'lag'))).toEqual({ fired: 0, resolved: 0 })
})

test('a claim whose own answer was lost holds back the message, and does not lose it', async () => {
  await using d = await DrivenLake.open(settings())
  const now = d.clock.now()
  d.faults.add({ on: 'putIfAbsent', path: isOurs, fault: { kind: 'loseAnswer' } })
  expect(await deliverAlerts(d.lake, report(now, 'lag'))).toEqual({ fired: 0, resolved: 0 })
  expect(await deliverAlerts(d.lake, report(now + 121_000, 'lag'))).toEqual({ fired: 1, resolved: 0 })
  expect(states()).toEqual([['lag', 'Fired']])
})

test('what was not taken keeps its id, and what was not sent is not resolved', async () => {
  await using d = await DrivenLake.open(settings())
  const now = d.clock.now()
  status = 503
  await deliverAlerts(d.lake, report(now, 'lag', 'silence'))
  status = 200
  expect(await deliverAlerts(d.lake, report(now + 1000))).toEqual({ fired: 0, resolved: 1 })
  expect(states()).toEqual([['lag', 'Resolved']])
})

test('old versions of what was delivered are removed, younger ones are not', async () => {
  await using d = await DrivenLake.open(settings())
  const files = async () => {
    const found: string[] = []
    for await (const { path } of d.store.list('_alerts/')) found.push(path)
    return found
  }
  await deliverAlerts(d.lake, report(d.clock.now(), 'lag'))
  d.clock.advance(60_000)
  await deliverAlerts(d.lake, report(d.clock.now()))
  expect(await files()).toHaveLength(4)
  d.clock.advance(3_600_000)
  await deliverAlerts(d.lake, report(d.clock.now(), 'lag'))
  expect((await files()).map(path => Number(path.slice(-7, -5)))).toEqual([3, 4, 5, 6])
})

test('the log says why a receiver cannot be reached, without its secret', async () => {
  const lines: string[] = []
  const say = (message: string, data?: unknown) => void lines.push(`${message} ${JSON.stringify(data)}`)
  const log = { debug: say, info: say, warn: say, error: say }
  const { host, search } = new URL(url)
  await using d = await DrivenLake.open(settings())
  await new Promise(resolve => server.close(resolve))
  await deliverAlerts({ ...d.lake, log }, report(d.clock.now(), 'lag'))
  expect(lines.join()).toContain(`ECONNREFUSED ${host}`)
  await using e = await DrivenLake.open({ ALERT_WEBHOOK_URL: `http://nobody.invalid/${search}` })
  await deliverAlerts({ ...e.lake, log }, report(e.clock.now(), 'lag'))
  expect(lines.join()).toMatch(/(ENOTFOUND|EAI_AGAIN) nobody\.invalid/)
  expect(lines.join()).not.toContain('c2VjcmV0')
})

test('where it cannot be read what was delivered, it is delivered again; storage that cannot be read hurts nobody', async () => {
  await using d = await DrivenLake.open(settings())
  await d.turn()
  await d.turn({ events: 20, ingest: ['orders'] })
  await deliverAlerts(d.lake)
  await d.store.put(`_alerts/delivered/${'9'.padStart(20, '0')}.json`, Buffer.from('{'))
  expect(await deliverAlerts(d.lake)).toEqual({ fired: 2, resolved: 0 })
  d.faults.add({ on: ['get', 'list'], fault: { kind: 'fail', retryable: false }, times: Infinity })
  expect(await deliverAlerts(d.lake)).toEqual({ fired: 0, resolved: 0 })
})
