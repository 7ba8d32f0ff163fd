/** A schema registry that speaks Confluent's API. */
export { CachedRegistry } from './cachedRegistry.js'
export { type WholeSchema, withReferences } from './referencedSchemas.js'
export { RegistryError } from './registryError.js'
export { HttpSchemaRegistry, type RegisteredSchema, type SchemaRegistry, type SchemaType } from './schemaRegistry.js'
