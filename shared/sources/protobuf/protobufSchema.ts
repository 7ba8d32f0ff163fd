import protobuf from 'protobufjs'
import type { IDescriptorProto, IFileDescriptorProto } from 'protobufjs/ext/descriptor.js'
import descriptor from 'protobufjs/ext/descriptor.js'

import { asError } from '../../errors.js'
import { UnusableSchema } from '../undecodable.js'

/** A message of a file and those inside it, in the order in which they stand there. */
interface Declared {
  readonly name: string
  readonly nested: readonly Declared[]
}

/** A schema whose types are all found. */
export interface ProtobufSchema {
  /**
   * The message at those indexes: of the file's messages, then of those inside.
   * @returns undefined where there is none
   */
  message(indexes: readonly number[]): protobuf.Type | undefined
}

/** What no registry is asked for: clients bring it along. */
const ownNames = ['any', 'duration', 'empty', 'field_mask', 'struct', 'timestamp', 'wrappers']

function ownFiles() {
  return ownNames.flatMap(one => {
    const name = `google/protobuf/${one}.proto`
    const types = protobuf.common.get(name)?.nested
    return types === undefined ? [] : [{ name, types }]
  })
}

const decimalFile = `syntax = "proto3"; package confluent.type;
message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }`

/**
 * Reads a schema with what it imports: each the text of a `.proto` file, or a file's descriptor in base64, which is what
 * some clients register.
 *
 * @throws UnusableSchema
 */
export function protobufSchema(text: string, imported: Iterable<string> = []): ProtobufSchema {
  try {
    const files = [...imported, text].map(file => fileDescriptor(file) ?? file)
    const described = files.filter(file => typeof file !== 'string')
    const root = described.length === 0 ? new protobuf.Root() : rootOf(described)
    for (const file of files) if (typeof file === 'string') protobuf.parse(file, root, { keepCase: true })
    for (const { name, types } of ownFiles()) if (root.lookup(firstType(name)) === null) root.addJSON(types)
    if (root.lookup('confluent.type.Decimal') === null) protobuf.parse(decimalFile, root, { keepCase: true })
    root.resolveAll()
    const declared = messagesOf(text)
    return { message: indexes => messageAt(root, declared, indexes) }
  } catch (error) {
    throw new UnusableSchema(asError(error).message)
  }
}

/** A type that a file of Google's has: whoever imports a copy of the file has it already. */
function firstType(file: string): string {
  const name = file.replace(/^.*\/|\.proto$/g, '')
  if (name === 'wrappers') return 'google.protobuf.StringValue'
  return `google.protobuf.${name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`
}

/** Descriptors are resolved as they are read: what they import has to be among them. */
function rootOf(files: readonly IFileDescriptorProto[]): protobuf.Root {
  const given = new Set(files.map(({ name }) => name))
  const own = new protobuf.Root()
  for (const { name, types } of ownFiles()) if (!given.has(name)) own.addJSON(types)
  own.resolveAll()
  const { file } = own.toDescriptor('proto3') as unknown as { readonly file: readonly IFileDescriptorProto[] }
  return protobuf.Root.fromDescriptor({ file: [...file, ...files] }, { keepCase: true })
}

/** A file's descriptor in base64, as `.proto` text never looks. */
function fileDescriptor(file: string): IFileDescriptorProto | undefined {
  const text = file.trim()
  if (text === '' || !/^[A-Za-z0-9+/\s]+={0,2}$/.test(text)) return undefined
  try {
    return descriptor.FileDescriptorProto.decode(Buffer.from(text, 'base64')) as IFileDescriptorProto
  } catch {
    return undefined
  }
}

/** The messages that a file declares itself. */
function messagesOf(file: string): readonly Declared[] {
  const described = fileDescriptor(file)
  if (described !== undefined) return ofDescriptors(described.package ?? '', described.messageType ?? [])
  const root = new protobuf.Root()
  const { package: space } = protobuf.parse(file, root, { keepCase: true })
  const own = space === undefined ? root : root.lookup(space)
  return own instanceof protobuf.Namespace || own instanceof protobuf.Root ? ofTypes(own) : []
}

function ofDescriptors(space: string, messages: readonly IDescriptorProto[]): readonly Declared[] {
  return messages
    .filter(({ options }) => options?.mapEntry !== true)
    .map(({ name, nestedType }) => {
      const full = `${space}.${name ?? ''}`.replace(/^\./, '')
      return { name: full, nested: ofDescriptors(full, nestedType ?? []) }
    })
}

function ofTypes(space: protobuf.NamespaceBase): readonly Declared[] {
  return space.nestedArray.flatMap(one =>
    one instanceof protobuf.Type ? [{ name: one.fullName.replace(/^\./, ''), nested: ofTypes(one) }] : [],
  )
}

function messageAt(
  root: protobuf.Root,
  declared: readonly Declared[],
  indexes: readonly number[],
): protobuf.Type | undefined {
  let found: Declared | undefined
  for (const index of indexes) found = (found?.nested ?? declared)[index]
  return found === undefined ? undefined : root.lookupType(found.name)
}
