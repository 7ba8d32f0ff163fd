import type { Value } from '../../shared/types/index.js'

/**
 * What a variant's bytes say, as text: JSON with the fields in the order they are kept in, and for what JSON has no form
 * a word and the value. Numbers are the same whatever width they are kept in.
 */
export function variantText(variant: Value | undefined): string {
  if (variant === null || variant === undefined) return 'no variant'
  const { metadata, value } = variant as unknown as { metadata: Uint8Array; value: Uint8Array }
  const [names, bytes] = [Buffer.from(metadata), Buffer.from(value)]
  const nameSize = (names.readUInt8(0) >> 6) + 1
  const nameAt = (i: number) => names.readUIntLE(1 + nameSize * (i + 1), nameSize)
  const firstName = 1 + nameSize * (names.readUIntLE(1, nameSize) + 2)

  function text(at: number): string {
    const [basic, info] = [bytes.readUInt8(at) & 3, bytes.readUInt8(at) >> 2]
    if (basic === 0) return primitive(info, at + 1)
    if (basic === 1) return JSON.stringify(bytes.toString('utf8', at + 1, at + 1 + info))
    const isObject = basic === 2
    const countSize = info & (isObject ? 16 : 4) ? 4 : 1
    const [offsetSize, idSize] = [(info & 3) + 1, isObject ? ((info >> 2) & 3) + 1 : 0]
    const count = bytes.readUIntLE(at + 1, countSize)
    const ids = at + 1 + countSize
    const offsets = ids + count * idSize
    const data = offsets + (count + 1) * offsetSize
    const parts = Array.from({ length: count }, (_, i) => {
      const part = text(data + bytes.readUIntLE(offsets + i * offsetSize, offsetSize))
      if (!isObject) return part
      const id = bytes.readUIntLE(ids + i * idSize, idSize)
      return `${JSON.stringify(names.toString('utf8', firstName + nameAt(id), firstName + nameAt(id + 1)))}:${part}`
    })
    return isObject ? `{${parts.join(',')}}` : `[${parts.join(',')}]`
  }

  function primitive(type: number, at: number): string {
    const signed = (size: number) => {
      let number = 0n
      for (let i = size - 1; i >= 0; i--) number = (number << 8n) | BigInt(bytes.readUInt8(at + i))
      return BigInt.asIntN(size * 8, number)
    }
    const decimal = (size: number) => {
      const scale = bytes.readUInt8(at++)
      return `decimal ${signed(size)}e-${scale}`
    }
    const sized = () => bytes.subarray(at + 4, at + 4 + bytes.readUInt32LE(at))
    const texts: readonly (() => string)[] = [
      () => 'null',
      () => 'true',
      () => 'false',
      () => `${signed(1)}`,
      () => `${signed(2)}`,
      () => `${signed(4)}`,
      () => `${signed(8)}`,
      () => `double ${bytes.readDoubleLE(at)}`,
      () => decimal(4),
      () => decimal(8),
      () => decimal(16),
      () => `date ${signed(4)}`,
      () => `timestamp ${signed(8)}`,
      () => `timestamp_ntz ${signed(8)}`,
      () => `float ${bytes.readFloatLE(at)}`,
      () => `binary ${sized().toString('hex')}`,
      () => JSON.stringify(sized().toString()),
      () => `time ${signed(8)}`,
      () => `timestamp ${signed(8)} ns`,
      () => `timestamp_ntz ${signed(8)} ns`,
      () => `uuid ${bytes.toString('hex', at, at + 16)}`,
    ]
    return texts[type]?.() ?? `unknown ${type}`
  }

  return text(0)
}
