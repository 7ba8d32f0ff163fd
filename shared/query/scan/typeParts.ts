import type { DataType } from '../../types/index.js'

/** Whether a type, or one inside it, is what is asked for. Pure; no I/O. */
export function holds(type: DataType, wanted: (part: DataType) => boolean): boolean {
  if (wanted(type)) return true
  if (typeof type === 'string') return false
  switch (type.type) {
    case 'decimal':
      return false
    case 'struct':
      return type.fields.some(field => holds(field.type, wanted))
    case 'array':
      return holds(type.elementType, wanted)
    case 'map':
      return holds(type.keyType, wanted) || holds(type.valueType, wanted)
  }
}
