/** What a model says of itself. */
export { modelDigest, sha256 } from './digest.js'
export { decodeModelCard, encodeModelCard, jsonObject, type ModelCard } from './modelCard.js'
