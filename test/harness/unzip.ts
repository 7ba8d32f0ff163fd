import { inflateRawSync } from 'node:zlib'

/** A file of an archive, as its directory has it. */
export interface ArchivedFile {
  readonly path: string
  readonly bytes: Buffer
  /** Bytes in the archive. */
  readonly compressedSize: number
  readonly crc: number
  readonly mode: number
  /** MS-DOS time and date in one number. */
  readonly time: number
}

/** The files of a ZIP archive by its central directory; it knows what is stored and what is deflated. */
export function unzip(archive: Buffer): readonly ArchivedFile[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const count = archive.readUInt16LE(end + 10)
  let at = archive.readUInt32LE(end + 16)
  return Array.from({ length: count }, () => {
    if (archive.readUInt32LE(at) !== 0x02014b50) throw new Error(`There is no entry of the directory at ${String(at)}.`)
    const [nameLength, extra, comment] = [28, 30, 32].map(o => archive.readUInt16LE(at + o)) as [number, number, number]
    const [crc, compressedSize, size] = [16, 20, 24].map(o => archive.readUInt32LE(at + o)) as [number, number, number]
    const local = archive.readUInt32LE(at + 42)
    const path = archive.toString('utf8', at + 46, at + 46 + nameLength)
    if (archive.readUInt32LE(local) !== 0x04034b50) throw new Error(`${path} is not at ${String(local)}.`)
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
    const packed = archive.subarray(start, start + compressedSize)
    const bytes = archive.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed)
    if (bytes.length !== size) throw new Error(`${path} has ${String(bytes.length)} bytes, not ${String(size)}.`)
    const mode = archive.readUInt32LE(at + 38) >>> 16
    const time = archive.readUInt32LE(at + 12)
    at += 46 + nameLength + extra + comment
    return { path, bytes, compressedSize, crc, mode, time }
  })
}
