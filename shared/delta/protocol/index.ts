/** Table features, table properties, and what may be read and written here. */
export { compressionCodec } from './compressionCodec.js'
export type { WriteKind } from './feature.js'
export { checkReadable, checkWritable, type FeatureCheck, readerFeaturesOf, writerFeaturesOf } from './featureCheck.js'
export { expressionFeatures, keptFeatures } from './features.js'
export { type FeatureRow, featureRows, type FeatureSupport, featureTable } from './featureTable.js'
export { parseInterval } from './interval.js'
export { requireMaintainable, requireReadable, requireWritableRows } from './protocolGate.js'
export {
  dependents,
  featureName,
  featuresOf,
  protocolFor,
  protocolForChange,
  protocolWithout,
  type RequestedProtocol,
} from './protocolNeeds.js'
export {
  checkTogether,
  constraintPrefix,
  isInternalProperty,
  isOn,
  propertyName,
  readProperties,
  without,
} from './tableProperties.js'
export type { TableState, Totals } from './tableState.js'
export { tombstoneExpiry } from './tombstoneRetention.js'
