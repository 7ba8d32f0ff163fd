import type { RegisteredSchema, SchemaRegistry } from './schemaRegistry.js'

/** A schema with all that it refers to, by the names they have there: those that others need come first. */
export interface WholeSchema extends RegisteredSchema {
  readonly referenced: ReadonlyMap<string, string>
}

/** Of all schemas that one refers to, through others too. */
const maxReferences = 1_000

/**
 * Fetches what a schema refers to.
 * @returns what is wrong when that cannot be had: a version that is not there, or more than any schema has
 */
export async function withReferences(
  registry: SchemaRegistry,
  schema: RegisteredSchema,
): Promise<WholeSchema | { readonly fault: string }> {
  const referenced = new Map<string, string>()
  const begun = new Set<string>()
  const gather = async ({ references }: RegisteredSchema): Promise<string | undefined> => {
    for (const { name, subject, version } of references) {
      if (begun.has(name)) continue
      begun.add(name)
      if (begun.size > maxReferences) return `it refers to more than ${maxReferences} schemas`
      const found = await registry.byVersion(subject, version)
      if (found === undefined)
        return `it refers to ${JSON.stringify(name)}, version ${version} of the subject ${JSON.stringify(subject)}, which the registry does not have`
      const fault = await gather(found)
      if (fault !== undefined) return fault
      referenced.set(name, found.text)
    }
    return undefined
  }
  const fault = await gather(schema)
  return fault === undefined ? { ...schema, referenced } : { fault }
}
