import type { DataType } from './dataType.js'

/** Whether a type, or one inside it, is what is asked for. */
export function containsType(type: DataType, wanted: (part: DataType) => boolean): boolean {
  if (wanted(type)) return true
  if (typeof type === 'string') return false
  switch (type.type) {
    case 'decimal':
      return false
    case 'struct':
      return type.fields.some(field => containsType(field.type, wanted))
    case 'array':
      return containsType(type.elementType, wanted)
    case 'map':
      return containsType(type.keyType, wanted) || containsType(type.valueType, wanted)
  }
}
