/** What a model says of itself. */
export { sha256 } from './digest.js'
export { decodeModelCard, encodeModelCard, jsonObject, type ModelCard } from './modelCard.js'
