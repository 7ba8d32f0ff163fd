/** Pages: their headers, codecs, levels and values. */
export { type LeafData, readChunk, readTextChunk } from './chunkReader.js'
export { codecNames, compress, compressElsewhere, defaultZstdLevel, type WrittenCodec } from './codec.js'
export { joinedValues } from './decodedArrays.js'
export { entryBytes, MemoryAllowance, valueBytes } from './memoryAllowance.js'
export { compressSnappy, decompressSnappy } from './snappy.js'
