/** Pages: their headers, codecs, levels and values. */
export { type LeafData, readChunk, readTextChunk } from './chunkReader.js'
export { codecNames, compress, compressElsewhere, defaultZstdLevel, type WrittenCodec, writtenCodecs } from './codec.js'
export { joinedValues } from './decodedArrays.js'
export { entryBytes, MemoryAllowance, valueBytes } from './memoryAllowance.js'
export { pageSpans } from './pageSpans.js'
export { compressSnappy, decompressSnappy } from './snappy.js'
