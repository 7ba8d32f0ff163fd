/** Fields that records have and a contract lacks: counted, and added up. */
export { copyOf, keptName } from './fieldLevel.js'
export { type MetFields, UndeclaredCounter } from './undeclaredCounter.js'
export {
  type FieldPath,
  inItems,
  inValues,
  mergeUndeclared,
  noUndeclared,
  type UndeclaredField,
  type UndeclaredFields,
} from './undeclaredFields.js'
export { kindOf, type ValueKind, valueKinds } from './valueKind.js'
