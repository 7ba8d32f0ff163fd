/** A stream's contract: its declaration, validation with reasons, the tables that follow from it. */
export { ContractError } from './contractError.js'
export { type ContractField, type ContractPlace, fieldsAt } from './contractField.js'
export { DecodedTime } from './decodedTime.js'
export { defineStream } from './defineStream.js'
export { durationForms, parseDuration } from './duration.js'
export { canStop } from './expectations.js'
export { category, hourOfDay, logarithm, type NamedFeature, numeric, rate } from './featureSpec.js'
export { scoreColumns } from './fieldName.js'
export { binary, date, decimal, double, float, int, long, timestamp, timestampNtz } from './fieldTypes.js'
export { type ModelUri, modelUriForms, parseModelUri, type VersionSelect } from './modelUri.js'
export { patternSampler } from './patternSampler.js'
export { excludedCodes, isExcluded, type Rejection, type RejectionCode, rejectionCodes } from './rejectionCodes.js'
export { finalOutcomes, type Outcome, resolvedName, resolvedPath, resolvedTable } from './resolvedTable.js'
export type { RetainedPart } from './retention.js'
export { type Draw, type Sampler, samplerOf } from './sampler.js'
export type { ParseOutcome, Stream } from './stream.js'
export { formatName, type FramedFormat, isFramed, type PlainAvro, type StreamFormat } from './streamFormat.js'
export { featureColumnWords, type StreamModel, takesType } from './streamModel.js'
export { sharedTopics, streamSet } from './streamSet.js'
export {
  scoreQuantiles,
  summaryCounts,
  summaryGroup,
  summaryGroupName,
  summaryMeasures,
  summaryNumbers,
  summaryPartitionColumns,
  summaryTable,
  summaryWindowMs,
} from './summarySchema.js'
export {
  bronzePath,
  driftPath,
  quarantineName,
  scoredPath,
  silverPath,
  sqlName,
  summaryPath,
  tablePath,
  tablesOf,
} from './tablePaths.js'
export {
  bronzeSchema,
  bronzeTable,
  driftPartitionColumns,
  driftTable,
  lineage,
  optional,
  scoredPartitionColumns,
  scoredTable,
  silverTable,
  type TableSpec,
} from './tableSchemas.js'
export {
  type FieldPath,
  inItems,
  inValues,
  mergeUndeclared,
  noUndeclared,
  UndeclaredCounter,
  type UndeclaredField,
  type UndeclaredFields,
  type ValueKind,
  valueKinds,
} from './undeclared/index.js'
