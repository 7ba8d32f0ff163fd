import { type ContractField, type ContractPlace, DecodedTime } from '../../contract/index.js'
import { formatDate, formatDecimal, namedValues } from '../../types/index.js'
import { UndecodableValue } from '../undecodable.js'
import { AvroBytes } from './avroBytes.js'
import type { AvroRecord, AvroType, Logical } from './avroSchema.js'

type Read = (bytes: AvroBytes) => unknown

/**
 * A decoder of values that were written with a schema, to what a contract judges: whole numbers exact, bytes as they
 * are, decimals and dates as text, timestamps as `DecodedTime`, enums as text, a union's value bare.
 *
 * The contract is the reader's schema: a field that it does not know, but under a former name that the schema says, is
 * read under that.
 *
 * @param fields of the contract; without them all names are the schema's
 * @returns a function that throws UndecodableValue for bytes that are not of the schema, or more than it has
 */
export function avroDecoder(type: AvroType, fields?: readonly ContractField[]): (value: Uint8Array) => unknown {
  const read = new Compiler().read(type, fields && { kind: 'fields', fields })
  return value => {
    const bytes = new AvroBytes(value)
    const found = read(bytes)
    if (bytes.remaining > 0) throw new UndecodableValue(`${bytes.remaining} bytes are left behind its end`)
    return found
  }
}

class Compiler {
  /** A record that holds itself is compiled once for each place of the contract, and once for what is at none. */
  readonly #records = new Map<AvroRecord, Map<ContractPlace | undefined, Read>>()

  /** @param place what the contract has there */
  read(type: AvroType, place: ContractPlace | undefined): Read {
    switch (type.kind) {
      case 'null':
        return () => null
      case 'boolean':
        return bytes => bytes.boolean()
      case 'int':
        return type.logical?.kind === 'date' ? bytes => dateText(bytes.int()) : bytes => bytes.int()
      case 'long':
        return longReader(type.logical)
      case 'float':
        return bytes => bytes.float()
      case 'double':
        return bytes => bytes.double()
      case 'bytes':
        return bytesReader(bytes => bytes.bytes(), type.logical)
      case 'fixed': {
        const { size } = type
        return bytesReader(bytes => bytes.fixed(size), type.logical)
      }
      case 'string':
        return bytes => bytes.string()
      case 'enum':
        return chosen(
          type.symbols.map(symbol => () => symbol),
          'symbols of an enum',
        )
      case 'union':
        return chosen(
          type.branches.map(branch => this.read(branch, place)),
          'types of a union',
        )
      case 'array':
        return arrayReader(this.read(type.items, place?.kind === 'items' ? place.each : undefined))
      case 'map':
        return mapReader(this.read(type.values, place?.kind === 'values' ? place.each : undefined))
      case 'record':
        return this.#record(type, place)
    }
  }

  #record(record: AvroRecord, place: ContractPlace | undefined): Read {
    const compiled = this.#records.get(record) ?? new Map<ContractPlace | undefined, Read>()
    this.#records.set(record, compiled)
    const known = compiled.get(place)
    if (known !== undefined) return known
    const fields: { readonly name: string; readonly read: Read }[] = []
    const read: Read = bytes => {
      const found = namedValues<unknown>()
      for (const { name, read: readField } of fields) {
        try {
          found[name] = readField(bytes)
        } catch (error) {
          throw error instanceof UndecodableValue ? error.inField(name) : error
        }
      }
      return found
    }
    compiled.set(place, read)
    const declared = place?.kind === 'fields' ? place.fields : []
    const names = readNames(record, declared)
    for (const [i, { type, name }] of record.fields.entries()) {
      const readName = names[i] ?? name
      fields.push({ name: readName, read: this.read(type, declaredAs(declared, readName)?.inside) })
    }
    return read
  }
}

/** Under which name each field of a record is read: its own, or a former one that the contract still has. */
function readNames(record: AvroRecord, declared: readonly ContractField[]): readonly string[] {
  const taken = new Set(record.fields.map(({ name }) => name))
  return record.fields.map(({ name, aliases }) => {
    if (declaredAs(declared, name) !== undefined) return name
    const former = aliases.find(alias => declaredAs(declared, alias) !== undefined && !taken.has(alias))
    if (former === undefined) return name
    taken.add(former)
    return former
  })
}

function declaredAs(declared: readonly ContractField[], name: string): ContractField | undefined {
  return declared.find(field => field.name === name || field.aliases.includes(name))
}

function chosen(choices: readonly Read[], what: string): Read {
  return bytes => {
    const index = bytes.long()
    const choice = choices[Number(index)]
    if (choice === undefined) throw new UndecodableValue(`${index} is none of the ${choices.length} ${what}`)
    return choice(bytes)
  }
}

function arrayReader(read: Read): Read {
  return bytes => {
    const items: unknown[] = []
    bytes.blocks(() => items.push(read(bytes)))
    return items
  }
}

function mapReader(read: Read): Read {
  return bytes => {
    const entries = namedValues<unknown>()
    bytes.blocks(() => {
      const key = bytes.string()
      entries[key] = read(bytes)
    })
    return entries
  }
}

function longReader(logical: Logical | undefined): Read {
  if (logical?.kind !== 'timestamp') return bytes => bytes.long()
  const { unit, isLocal } = logical
  const micros = {
    millis: (n: bigint) => n * 1000n,
    micros: (n: bigint) => n,
    // Cut off towards the past, as text is.
    nanos: (n: bigint) => (n - (((n % 1000n) + 1000n) % 1000n)) / 1000n,
  }[unit]
  return bytes => new DecodedTime(micros(BigInt(bytes.long())), isLocal)
}

function bytesReader(read: (bytes: AvroBytes) => Uint8Array, logical: Logical | undefined): Read {
  if (logical?.kind === 'decimal') return bytes => decimalText(read(bytes), logical.scale)
  return logical?.kind === 'uuid' ? bytes => uuidText(read(bytes)) : read
}

/** Longer ones are no numbers that anybody means, and would take long to be written down. */
const maxDecimalBytes = 256

/** A number in two's complement, its first byte the highest, as decimal text. */
export function decimalText(bytes: Uint8Array, scale: number): string {
  if (bytes.length > maxDecimalBytes) throw new UndecodableValue(`a decimal has ${bytes.length} bytes`)
  if (bytes.length === 0) return formatDecimal(0n, scale)
  const unsigned = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  return formatDecimal(BigInt.asIntN(bytes.length * 8, unsigned), scale)
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function dateText(days: number): string {
  const text = formatDate(days)
  if (text === undefined) throw new UndecodableValue(`${days} is no day`)
  return text
}
