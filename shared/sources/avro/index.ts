/** Avro's schemas and its binary encoding. */
export { avroDecoder, decimalText } from './avroDecoder.js'
export { type AvroField, avroSchema, type AvroType } from './avroSchema.js'
