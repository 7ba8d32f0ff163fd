import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { readLocalSettings } from '../../shared/settings/readSettings.js'

describe('local.settings.json', () => {
  let folder = ''
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'settings-'))))
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  test('lies under the environment', () => {
    const content = { Values: { KAFKA_BROKERS: 'file:1', LOG_LEVEL: 'warn' } }
    writeFileSync(join(folder, 'local.settings.json'), `\uFEFF${JSON.stringify(content)}`)
    expect(readLocalSettings(folder, { KAFKA_BROKERS: 'environment:1', LOG_LEVEL: undefined })).toMatchObject({
      KAFKA_BROKERS: 'environment:1',
      LOG_LEVEL: 'warn',
    })
  })

  test('may be absent', () => {
    expect(readLocalSettings(folder, { A: 'b' })).toEqual({ A: 'b' })
  })

  test.each([
    ['{"IsEncrypted": true, "Values": {}}', /is encrypted.*func settings decrypt/],
    ['{"Values": {"A": 1, "B": {}}}', /A is a number: write it in quotes\. B is no text/],
    ['{"Values": {"KAFKA_BROKER": "a:1"}}', /KAFKA_BROKER is no setting: did you mean KAFKA_BROKERS\?/],
    ['{"Values": {"SILVER_MEMORY_LIMIT": "1GB"}}', /SILVER_MEMORY_LIMIT is now DUCKDB_MEMORY_LIMIT: rename it\./],
    ['{"Values": {"SORUCE": "kafka"}}', /SORUCE is no setting: did you mean SOURCE\?/],
    ['{"IsEncrypted": "no", "Values": {}}', /"IsEncrypted", false/],
  ])('says what is wrong with it: %s', (content, message) => {
    writeFileSync(join(folder, 'local.settings.json'), content)
    expect(() => readLocalSettings(folder, {})).toThrow(message)
  })

  test.each(['{', '{"Values": {"A": 1}}', '[]'])('that the host could not read is an error: %s', content => {
    writeFileSync(join(folder, 'local.settings.json'), content)
    expect(() => readLocalSettings(folder, {})).toThrow(/local\.settings\.json.*local\.settings\.template\.json/)
  })
})
