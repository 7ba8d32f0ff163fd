/** Table features, table properties, and what may be read and written here. */
export {
  checkReadable,
  checkWritable,
  type FeatureCheck,
  keptFeatures,
  readerFeaturesOf,
  type WriteKind,
  writerFeaturesOf,
} from './features.js'
export { type FeatureRow, featureRows, type FeatureSupport, featureTable } from './featureTable.js'
export { parseInterval } from './interval.js'
export { needExpressions, requireMaintainable, requireReadable, requireWritableRows } from './protocolGate.js'
export {
  type AskedProtocol,
  dependents,
  featureName,
  featuresOf,
  protocolFor,
  protocolForChange,
  protocolWithout,
} from './protocolNeeds.js'
export { tombstoneExpiry } from './retention.js'
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
