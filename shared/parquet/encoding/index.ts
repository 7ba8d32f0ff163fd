/** Values to bytes and back: plain, dictionary, RLE/bit-packed hybrid, delta encodings. */
export { boundsOf } from './bounds.js'
export { asDoubles } from './deltaBinaryPacked.js'
export { readByLength, readByPrefix, readDeltas, readLengths } from './deltaDecoding.js'
export { dictionaryOf } from './dictionary.js'
export { physicalValues } from './physicalValues.js'
export { appendPlain } from './plainEncoding.js'
export { appendRun, appendRuns, bitWidth, readBitPacked, readRuns } from './rleHybrid.js'
export { joinedStrings, plainStrings } from './stringValues.js'
export {
  type DecodedValues,
  decodeStrings,
  losslessDecoder,
  typeName,
  type ValueDecoder,
  valueDecoder,
} from './valueDecoder.js'
export { indexEncoder, packedEncoder, plainEncoder, type ValueEncoder } from './valueEncoder.js'
