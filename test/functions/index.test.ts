import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import { type FunctionApp, loadApp } from '../../infra/local/host/index.js'
import { streams } from '../../shared/streams/index.js'
import { silentLogger } from '../../shared/telemetry/index.js'

const folder = join(import.meta.dirname, '..', '..')

describe('the app', () => {
  let app: FunctionApp

  beforeAll(async () => {
    for (const name of Object.keys(process.env))
      if (/^(KAFKA|EVENTHUBS|LAKE)_|_SCHEDULE$|^SOURCE$/.test(name)) Reflect.deleteProperty(process.env, name)
    app = await loadApp({ folder, log: silentLogger, importFile: file => import(file), main: 'functions/*.ts' })
  })

  const triggerOf = (name: string) => app.functions.find(f => f.name === name)?.trigger

  test('has exactly these functions', () => {
    expect(app.functions.map(f => `${f.name} ${f.trigger.type}`).sort()).toEqual(
      [
        ...streams.map(s => `bronze_${s.name} kafkaTrigger`),
        'catchUp timerTrigger',
        'gold timerTrigger',
        'health httpTrigger',
        'maintenance timerTrigger',
        'models timerTrigger',
        'monitor timerTrigger',
        'page httpTrigger',
        'pageRun httpTrigger',
        'pageSql httpTrigger',
        'pipeline httpTrigger',
        'silver timerTrigger',
      ].sort(),
    )
  })

  test('one file a function', () => {
    expect(readdirSync(join(folder, 'functions')).sort()).toEqual(
      [
        'bronze',
        'catchUp',
        'gold',
        'health',
        'maintenance',
        'models',
        'monitor',
        'page',
        'pipeline',
        'silver',
        'terminate',
        'training',
      ].map(n => `${n}.ts`),
    )
  })

  test('every stream is read in batches, and a failed batch is tried for ever, with a pause in whole seconds', () => {
    for (const stream of streams) {
      const found = app.functions.find(f => f.name === `bronze_${stream.name}`)
      expect(found?.trigger).toMatchObject({ topic: stream.topic, cardinality: 'MANY', dataType: stream.dataType })
      expect(found?.metadata.retryOptions).toMatchObject({
        retryStrategy: 'exponentialBackoff',
        maxRetryCount: -1,
        minimumInterval: { seconds: 2 },
        maximumInterval: { seconds: 60 },
      })
    }
  })

  test.each([
    ['silver', '0 * * * * *'],
    ['gold', '10 * * * * *'],
    ['monitor', '20 * * * * *'],
    ['maintenance', '30 */10 * * * *'],
    ['catchUp', '0 */5 * * * *'],
  ])('%s runs at %s by default, and not whenever an instance starts', (name, schedule) => {
    expect(triggerOf(name)).toMatchObject({ schedule })
    expect(triggerOf(name)?.['runOnStartup']).not.toBe(true)
  })

  test('running the pipeline and looking at the lake need a key; asking for its health does not', () => {
    expect(triggerOf('pipeline')).toMatchObject({ route: 'pipeline/run', methods: ['POST'], authLevel: 'function' })
    expect(triggerOf('page')).toMatchObject({ route: 'lake', methods: ['GET'], authLevel: 'function' })
    for (const [name, route] of [
      ['pageSql', 'lake/sql'],
      ['pageRun', 'lake/run'],
    ] as const)
      expect(triggerOf(name)).toMatchObject({ route, methods: ['POST'], authLevel: 'function' })
    expect(triggerOf('health')).toMatchObject({ route: 'health', methods: ['GET'], authLevel: 'anonymous' })
  })
})
