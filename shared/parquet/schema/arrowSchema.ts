/**
 * The durations in Arrow's own schema, which its writers put into a Parquet footer: Parquet has no annotation for them,
 * and they are stored as bare integers. The schema is a message of Arrow's stream format, which is a FlatBuffer
 * (Message.fbs and Schema.fbs of the Arrow format).
 *
 * @param text the footer's `ARROW:schema`, in base64
 * @returns the paths of columns of durations; none when the text is no such schema
 */
export function durationColumns(text: string | undefined): readonly (readonly string[])[] {
  if (text === undefined) return []
  const bytes = Buffer.from(text, 'base64')
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    // A stream's message begins with a mark and its length; those of old writers with the length alone.
    const start = view.getInt32(0, true) === -1 ? 8 : 4
    const message = new FlatTable(view, start + view.getUint32(start, true))
    const schema = message.table(messageHeader)
    const found: string[][] = []
    if (schema !== undefined) collect(schema.tables(schemaFields), [], found)
    return found
  } catch {
    // Any other content is for other readers.
    return []
  }
}

/** Places of fields in the tables of the format. */
const messageHeader = 2
const schemaFields = 1
const fieldName = 0
const fieldTypeKind = 2
const fieldChildren = 5
/** The place of Duration among Arrow's types. */
const duration = 18
/** Far deeper than any schema. */
const deepest = 100

function collect(fields: readonly FlatTable[], path: readonly string[], found: string[][]): void {
  if (path.length > deepest) return
  for (const field of fields) {
    const here = [...path, field.text(fieldName)]
    if (field.byte(fieldTypeKind) === duration) found.push(here)
    collect(field.tables(fieldChildren), here, found)
  }
}

/**
 * A table of a FlatBuffer.
 *
 * @throws RangeError on reading past the end
 */
class FlatTable {
  readonly #view: DataView
  readonly #at: number

  constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
  }

  byte(place: number): number {
    const at = this.#field(place)
    return at === undefined ? 0 : this.#view.getUint8(at)
  }

  text(place: number): string {
    const at = this.#target(place)
    if (at === undefined) return ''
    const length = this.#view.getUint32(at, true)
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + at + 4, length).toString()
  }

  table(place: number): FlatTable | undefined {
    const at = this.#target(place)
    return at === undefined ? undefined : new FlatTable(this.#view, at)
  }

  tables(place: number): readonly FlatTable[] {
    const at = this.#target(place)
    if (at === undefined) return []
    const count = this.#view.getUint32(at, true)
    if (count * 4 > this.#view.byteLength) throw new RangeError(`a vector of ${count} tables`)
    return Array.from({ length: count }, (_, i) => {
      const item = at + 4 + i * 4
      return new FlatTable(this.#view, item + this.#view.getUint32(item, true))
    })
  }

  #field(place: number): number | undefined {
    const layout = this.#at - this.#view.getInt32(this.#at, true)
    const entry = 4 + place * 2
    if (entry >= this.#view.getUint16(layout, true)) return undefined
    const offset = this.#view.getUint16(layout + entry, true)
    return offset === 0 ? undefined : this.#at + offset
  }

  #target(place: number): number | undefined {
    const at = this.#field(place)
    return at === undefined ? undefined : at + this.#view.getUint32(at, true)
  }
}
