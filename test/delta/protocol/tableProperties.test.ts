import { describe, expect, test } from 'vitest'

import { DeltaError } from '../../../shared/delta/deltaError.js'
import { checkTogether, readProperties } from '../../../shared/delta/protocol/tableProperties.js'

function refusal(run: () => unknown): DeltaError {
  try {
    run()
  } catch (error) {
    if (error instanceof DeltaError) return error
  }
  throw new Error('it was not refused')
}

describe('properties of a table', () => {
  test.each([
    ['delta.enableDeletionVectors', 'maybe', 'true or false'],
    ['delta.enableDeletionVectors', '1', 'true or false'],
    ['delta.checkpointInterval', '0', 'a whole number of 1 or more'],
    ['delta.checkpointInterval', '1e2', 'a whole number of 1 or more'],
    ['delta.dataSkippingNumIndexedCols', '-2', 'a whole number of -1 or more'],
    ['delta.deletedFileRetentionDuration', 'interval 1 month', 'without months'],
    ['delta.deletedFileRetentionDuration', 'a week', 'a length of time'],
    ['delta.logRetentionDuration', 'interval -1 days', 'a length of time'],
    ['delta.columnMapping.mode', 'names', 'none or name or id'],
    ['delta.checkpointPolicy', 'v3', 'classic or v2'],
    ['delta.isolationLevel', 'SnapshotIsolation', 'Serializable'],
    ['delta.targetFileSize', '0', 'a number of bytes'],
    ['delta.targetFileSize', '12 parsecs', 'a number of bytes'],
    ['delta.minWriterVersion', '8', 'from 1 to 7'],
    ['delta.minReaderVersion', 'x', 'from 1 to 3'],
    ['delta.feature.deletionVectors', 'no', 'supported'],
    ['delta.dataSkippingStatsColumns', ',', 'names of columns'],
  ])('%s = %s is refused with property, value and what is expected', (property, value, expected) => {
    const error = refusal(() => readProperties({ [property]: value }))
    expect(error).toMatchObject({ code: 'DELTA_BAD_PROPERTY', data: { property, value } })
    expect(error.message).toContain(property)
    expect(error.message).toContain(JSON.stringify(value))
    expect(error.message).toContain(expected)
  })

  test('one that nobody knows is refused, with the one that was meant', () => {
    expect(refusal(() => readProperties({ 'delta.enableDeletionVector': 'true' })).message).toContain(
      'did you mean delta.enableDeletionVectors?',
    )
    expect(refusal(() => readProperties({ 'delta.somethingElse': 'true' })).message).toContain(
      'must not begin with "delta."',
    )
  })

  test.each([
    'delta.columnMapping.maxColumnId',
    'delta.rowTracking.materializedRowIdColumnName',
    'delta.inCommitTimestampEnablementVersion',
  ])('%s is for the engine to write', property => {
    expect(refusal(() => readProperties({ [property]: '5' })).message).toContain('written by the engine')
  })

  test('names get the letter case that other engines look for; values stay as they are', () => {
    expect(
      readProperties({ 'DELTA.APPENDONLY': 'TRUE', 'My.Own': 'x', 'delta.constraints.Pos': 'a > 0' }).configuration,
    ).toEqual({
      'delta.appendOnly': 'TRUE',
      'My.Own': 'x',
      'delta.constraints.Pos': 'a > 0',
    })
  })

  test('what belongs into the protocol does not become a property', () => {
    expect(
      readProperties({
        'delta.feature.vacuumProtocolCheck': 'supported',
        'delta.minReaderVersion': '2',
        'delta.minWriterVersion': '5',
      }),
    ).toEqual({
      configuration: {},
      features: ['vacuumProtocolCheck'],
      minReaderVersion: 2,
      minWriterVersion: 5,
    })
  })

  test('a log must not forget commits before it forgets the files that they removed', () => {
    expect(
      refusal(() => {
        checkTogether({ 'delta.logRetentionDuration': 'interval 1 day' })
      }).message,
    ).toContain('delta.deletedFileRetentionDuration')
    expect(
      refusal(() => {
        checkTogether({ 'delta.deletedFileRetentionDuration': 'interval 40 days' })
      }).message,
    ).toContain('delta.logRetentionDuration')
    expect(() => {
      checkTogether({
        'delta.deletedFileRetentionDuration': 'interval 1 day',
        'delta.logRetentionDuration': 'interval 1 day',
      })
    }).not.toThrow()
  })
})
