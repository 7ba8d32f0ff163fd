import { z } from 'zod'

import { type ContractError, unmappable } from './contractError.js'

/** The error of a schema that has no column type, with what to declare instead. */
export function withoutColumn(schema: z.core.$ZodType, path: string): ContractError {
  if (schema instanceof z.core.$ZodDiscriminatedUnion) {
    const { discriminator } = schema._zod.def
    const remedy = `use one z.object() with ${JSON.stringify(discriminator)} as z.enum([…]) and the fields of every case as .optional()`
    return unmappable(path, 'z.discriminatedUnion()', remedy)
  }
  const { type } = schema._zod.def
  return unmappable(
    path,
    shownNames[type] ?? `z.${type}()`,
    remedies[type] ?? 'use a field type that has a column type',
  )
}

const shownNames: Readonly<Record<string, string>> = { intersection: '.and(), an intersection,' }

const remedies: Readonly<Record<string, string>> = {
  date: 'use timestamp() or date()',
  any: 'name the type, or keep the raw value, which bronze has anyway',
  unknown: 'name the type, or keep the raw value, which bronze has anyway',
  union: 'a column has one type; use an object of optional fields',
  intersection: 'write the fields of both in one z.object(), as .extend() does',
  pipe: 'transforms are not supported; declare the field as it is sent and derive in gold or in SQL',
  transform: 'transforms are not supported; declare the field as it is sent and derive in gold or in SQL',
  catch: 'it would hide bad records; use .optional() or let them go to quarantine',
  tuple: 'use z.array() or z.object()',
  map: 'use z.record(z.string(), …)',
  set: 'use z.array()',
  lazy: 'a recursive type has no column type',
}
