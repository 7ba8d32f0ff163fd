import type { SchemaElement } from '../hyparquetInternals.js'
import { durationColumns } from './arrowSchema.js'
import type { SchemaNode } from './schemaNode.js'

/** A column whose values have a meaning that no type here has, although they are stored as one that is supported. */
export interface ForeignColumn {
  readonly path: readonly string[]
  /** In words, as "a time of day". */
  readonly what: string
}

/** The columns of a file that its annotations, or those of Arrow in its footer, give such a meaning. */
export function foreignColumns(
  nodes: readonly SchemaNode[],
  keyValues: ReadonlyMap<string, string>,
): readonly ForeignColumn[] {
  const annotated = nodes.flatMap(({ leaves }) =>
    leaves.flatMap(({ element, path }): readonly ForeignColumn[] => {
      const what = meaning(element)
      return what === undefined ? [] : [{ path, what }]
    }),
  )
  const durations = durationColumns(keyValues.get('ARROW:schema')).map((path): ForeignColumn => ({
    path,
    what: 'a duration',
  }))
  return [...annotated, ...durations]
}

function meaning({ converted_type: converted, logical_type: logical }: SchemaElement): string | undefined {
  if (logical?.type === 'TIME' || converted === 'TIME_MILLIS' || converted === 'TIME_MICROS') return 'a time of day'
  return converted === 'INTERVAL' ? 'an interval' : undefined
}
