/** Protobuf's schemas and its wire format. */
export { protobufDecoder } from './protobufDecoder.js'
export { type ProtobufSchema, protobufSchema } from './protobufSchema.js'
