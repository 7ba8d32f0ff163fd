/** Avro's schemas and its binary encoding. */
export { avroDecoder, decimalText } from './avroDecoder.js'
export { avroSchema, type AvroType } from './avroSchema.js'
