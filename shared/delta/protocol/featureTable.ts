import type { StructType } from '../../types/index.js'
import type { Metadata, Protocol } from '../actions/index.js'
import type { Feature, WriteKind } from './feature.js'
import { checkReadable, checkWritable } from './featureCheck.js'
import { features, findFeature, keptFeatures } from './features.js'
import { knownProperties } from './tableProperties.js'

/** What this reader and writer can do with each table feature, found by asking the gate itself. */

/** What is done about tables with a feature: in any case, as long as nothing uses it, or never. */
export type FeatureSupport = 'yes' | 'unused' | 'no'

/** How far one table feature is supported, by what is done with the table; {@link featureRows} makes it. */
export interface FeatureRow {
  readonly name: string
  readonly read: FeatureSupport
  readonly append: FeatureSupport
  /** DELETE, UPDATE, MERGE, and replacing rows. */
  readonly change: FeatureSupport
  /** OPTIMIZE, VACUUM, checkpoints. */
  readonly maintain: FeatureSupport
}

/** A table in which everything is in use that a property or a column can turn on. */
const used: { readonly metadata: Metadata; readonly schema: StructType } = {
  metadata: metadataWith({
    ...Object.fromEntries(knownProperties().map(name => [name, 'true'])),
    'delta.columnMapping.mode': 'name',
    'delta.checkpointPolicy': 'v2',
    'delta.constraints.any': 'true',
    'delta.rowTrackingSuspended': 'false',
  }),
  schema: {
    type: 'struct',
    fields: [
      {
        name: 'a',
        type: 'long',
        nullable: true,
        metadata: {
          'delta.invariants': '',
          'delta.generationExpression': '',
          'delta.identity.start': 1,
          CURRENT_DEFAULT: '',
        },
      },
    ],
  },
}
const unused = { metadata: metadataWith({}), schema: { type: 'struct', fields: [] } as StructType }

/** A row for each feature that is known by name. */
export function featureRows(): readonly FeatureRow[] {
  return features.map(feature => {
    const protocol = listing(feature)
    const ask = (check: (table: typeof used) => boolean): FeatureSupport =>
      check(used) ? 'yes' : check(unused) ? 'unused' : 'no'
    const writes = (kind: WriteKind) =>
      ask(
        ({ metadata, schema }) =>
          checkWritable(protocol, metadata, schema, kind, kind === 'rearrange' ? [] : keptFeatures).ok,
      )
    return {
      name: feature.name,
      read: ask(({ metadata }) => checkReadable(protocol, metadata).ok),
      append: writes('append'),
      change: writes('change'),
      maintain: writes('rearrange'),
    }
  })
}

const words: Readonly<Record<FeatureSupport, string>> = { yes: 'yes', unused: 'while unused', no: 'refused' }

/** The same for people, as a table in Markdown. */
export function featureTable(): string {
  const rows = featureRows().map(
    ({ name, read, append, change, maintain }) =>
      `| \`${name}\` | ${[read, append, change, maintain].map(support => words[support]).join(' | ')} |`,
  )
  return [
    '| feature | read | append | delete, update, merge | optimize, vacuum |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

/** A protocol with this feature and those it needs, and no other: the others are not asked about. */
function listing({ name, requires = [] }: Feature): Protocol {
  const names = [...new Set([name, ...requires])]
  const isRead = (wanted: string) => findFeature(wanted)?.kind === 'readerWriter'
  return { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: names.filter(isRead), writerFeatures: names }
}

function metadataWith(configuration: Readonly<Record<string, string>>): Metadata {
  return { id: '', format: { provider: 'parquet', options: {} }, schemaString: '', partitionColumns: [], configuration }
}
