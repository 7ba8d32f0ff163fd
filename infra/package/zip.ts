import { crc32, deflateRawSync } from 'node:zlib'

/** A file of an archive; its path has forward slashes and is relative. */
export interface ZipEntry {
  readonly path: string
  readonly bytes: Uint8Array
}

/** The first moment that a ZIP archive can name: 1 January 1980. */
const date = 0x21
const utf8Names = 0x800
const version = 20
const unixRegularFile = (0o100644 << 16) >>> 0

/**
 * A ZIP archive (deflate, without ZIP64) that depends on paths and contents alone: in the order of the paths, all with
 * one time and mode. The same Node gives the same bytes.
 * @throws RangeError when it is too large for a ZIP archive without ZIP64
 */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { path, bytes } of sorted) {
    const name = Buffer.from(path, 'utf8')
    const deflated = deflateRawSync(bytes, { level: 9 })
    const common = commonHeader(bytes, deflated.length, name.length)
    const local = Buffer.concat([signature(0x04034b50), common, name, deflated])
    directory.push(centralHeader(common, name, offset))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  if (offset + central.length > 0xffff_ffff || sorted.length > 0xffff)
    throw new RangeError('A ZIP archive of more than 4 GB or 65,535 files needs ZIP64, which is not written here.')
  return Buffer.concat([...parts, central, endRecord(sorted.length, central.length, offset)])
}

/** What the local and the central header of a file have in common. */
function commonHeader(bytes: Uint8Array, deflatedLength: number, nameLength: number): Buffer {
  const header = Buffer.alloc(26)
  header.writeUInt16LE(version, 0)
  header.writeUInt16LE(utf8Names, 2)
  header.writeUInt16LE(8, 4)
  header.writeUInt16LE(0, 6)
  header.writeUInt16LE(date, 8)
  header.writeUInt32LE(crc32(bytes), 10)
  header.writeUInt32LE(deflatedLength, 14)
  header.writeUInt32LE(bytes.length, 18)
  header.writeUInt16LE(nameLength, 22)
  return header
}

function centralHeader(common: Buffer, name: Buffer, offset: number): Buffer {
  const madeBy = Buffer.from([version, 3])
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(unixRegularFile, 6)
  rest.writeUInt32LE(offset, 10)
  return Buffer.concat([signature(0x02014b50), madeBy, common, rest, name])
}

function endRecord(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return end
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
