import { expect, test } from 'vitest'

import { settingValues } from '../../shared/cli/cliSettings.js'
import type { RunningStack } from '../../shared/cli/runningStack.js'
import { defaultText } from '../../shared/settings/index.js'

const stack: RunningStack = {
  pid: 1,
  command: 'start',
  startedAt: '',
  ready: true,
  kafkaBrokers: '127.0.0.1:9999',
  lakeUrl: 'http://127.0.0.1:10007/devstoreaccount1/lake',
  processes: {},
}

test('the environment is over the file, the file over the running stack', () => {
  const file = { KAFKA_BROKERS: 'file:1', LAKE_URL: 'file:///file' }
  expect(settingValues({ KAFKA_BROKERS: 'env:1' }, file, stack)).toMatchObject({
    KAFKA_BROKERS: 'env:1',
    LAKE_URL: 'file:///file',
  })
  expect(settingValues({}, {}, stack)).toMatchObject({ KAFKA_BROKERS: stack.kafkaBrokers, LAKE_URL: stack.lakeUrl })
})

test('a file copied from the template does not hide a stack that had to take other ports', () => {
  const file = { KAFKA_BROKERS: defaultText('KAFKA_BROKERS'), LAKE_URL: defaultText('LAKE_URL') }
  expect(settingValues({}, file, stack)).toMatchObject({ KAFKA_BROKERS: stack.kafkaBrokers, LAKE_URL: stack.lakeUrl })
  expect(settingValues({}, file, undefined)).toMatchObject(file)
})

test('an empty variable counts as not set', () => {
  expect(settingValues({ LAKE_URL: '' }, { LAKE_URL: 'file:///file' }, undefined)['LAKE_URL']).toBe('file:///file')
})
