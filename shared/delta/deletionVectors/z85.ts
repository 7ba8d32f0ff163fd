/** Z85 (ZeroMQ RFC 32): four bytes as five printable characters. */

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

const digits = new Int8Array(128).fill(-1)
for (let i = 0; i < alphabet.length; i++) digits[alphabet.charCodeAt(i)] = i

/** The bytes, padded with zeros up to a multiple of four. */
export function encodeZ85(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 4) {
    let word = 0
    for (let i = 0; i < 4; i++) word = word * 256 + (bytes[at + i] ?? 0)
    let five = ''
    for (let i = 0; i < 5; i++) {
      five = (alphabet[word % 85] ?? '') + five
      word = Math.floor(word / 85)
    }
    text += five
  }
  return text
}

/** The bytes of a text, a multiple of four; undefined for what is no Z85. */
export function decodeZ85(text: string): Uint8Array | undefined {
  if (text.length % 5 !== 0) return undefined
  const bytes = new Uint8Array((text.length / 5) * 4)
  for (let at = 0, out = 0; at < text.length; at += 5, out += 4) {
    let word = 0
    for (let i = 0; i < 5; i++) {
      const digit = digits[text.charCodeAt(at + i)] ?? -1
      if (digit < 0) return undefined
      word = word * 85 + digit
    }
    if (word > 0xffff_ffff) return undefined
    for (let i = 3; i >= 0; i--) {
      bytes[out + i] = word % 256
      word = Math.floor(word / 256)
    }
  }
  return bytes
}
