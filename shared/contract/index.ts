/** A stream's contract: its declaration, validation with reasons, the tables that follow from it. */
export { defineStream } from './defineStream.js'
export { durationForms, parseDuration } from './duration.js'
export { binary, date, decimal, double, float, int, long, timestamp, timestampNtz } from './fieldTypes.js'
export { patternSampler } from './patternSampler.js'
export { type Draw, type Sampler, samplerOf } from './sampler.js'
export { type ParseOutcome, type Rejection, type RejectionCode, rejectionCodes, type Stream } from './stream.js'
export { sharedTopics, streamSet } from './streamSet.js'
export {
  bronzePath,
  bronzeSchema,
  bronzeTable,
  optional,
  quarantineName,
  scoredPartitionColumns,
  scoredPath,
  scoredTable,
  silverPath,
  silverTable,
  sqlName,
  summaryGroup,
  summaryGroupName,
  summaryMeasures,
  summaryNumbers,
  summaryPartitionColumns,
  summaryPath,
  summaryTable,
  summaryWindowMs,
  tablePath,
  type TableSpec,
} from './tables.js'
