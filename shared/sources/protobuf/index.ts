/** Protobuf's schemas and its wire format. */
export { type MessageField, messageFields } from './messageFields.js'
export { protobufDecoder } from './protobufDecoder.js'
export { protobufSchema } from './protobufSchema.js'
