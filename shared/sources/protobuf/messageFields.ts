import protobuf from 'protobufjs'

/** A field as a schema's reader sees it. */
export interface MessageField {
  readonly name: string
  /** Its type in the `.proto` file; of messages the full name without the dot in front. */
  readonly type: string
  readonly kind: 'single' | 'repeated' | 'map'
  readonly isMessage: boolean
  readonly isEnum: boolean
  /** Whether records may lack it. */
  readonly mayBeAbsent: boolean
  /** Of the message that it is, or that its items or values are. */
  readonly fields: (() => readonly MessageField[]) | undefined
}

/** The fields of a message. */
export function messageFields(type: protobuf.Type): readonly MessageField[] {
  return type.fieldsArray.map(field => {
    const { resolvedType } = field
    const kind = field instanceof protobuf.MapField ? 'map' : field.repeated ? 'repeated' : 'single'
    const isMessage = resolvedType instanceof protobuf.Type
    return {
      name: field.name,
      type: resolvedType === null ? field.type : resolvedType.fullName.replace(/^\./, ''),
      kind,
      isMessage,
      isEnum: resolvedType instanceof protobuf.Enum,
      mayBeAbsent: kind === 'single' && (isMessage || field.hasPresence),
      fields: isMessage ? () => messageFields(resolvedType) : undefined,
    }
  })
}
