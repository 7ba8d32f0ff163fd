import { ColumnDrift, type ColumnReference, decodeReference } from '../../models/drift/index.js'
import { type Feature, featureNames, featureWidth, ModelError } from '../../models/index.js'
import type { Lake } from '../lake/index.js'
import type { ModelPlace } from '../models/index.js'

/** What rows of one version are compared with. */
export interface VersionReference {
  readonly features: readonly Feature[]
  /** Columns of the matrix by their places, and the scores as one behind the last. */
  readonly columns: readonly { readonly at: number; readonly reference: ColumnReference }[]
}

/** The file of a version that says what its training rows were like. */
const referenceFile = 'reference.json'

/** The references of a model's versions, each read once. */
export class ModelReferences {
  readonly #lake: Lake
  readonly #place: ModelPlace
  readonly #known = new Map<string, VersionReference | undefined>()

  constructor(lake: Lake, place: ModelPlace) {
    this.#lake = lake
    this.#place = place
  }

  /** `undefined` for a version of another model, one that is gone, or one that came without a reference that can be read. */
  async of(model: string, version: string): Promise<VersionReference | undefined> {
    if (model !== this.#place.uri.name) return undefined
    if (!this.#known.has(version)) this.#known.set(version, await this.#read(version))
    return this.#known.get(version)
  }

  async #read(version: string): Promise<VersionReference | undefined> {
    const { source, path } = this.#place
    const bytes = await source.file(version, referenceFile)
    if (bytes === undefined) return undefined
    try {
      const { columns } = decodeReference(bytes, `${path}/${version}/${referenceFile}`)
      const { features } = await source.card(version)
      return { features, columns: compared(features, columns) }
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      // A file of that name may be another tool's.
      this.#lake.log.warn(`Rows of version ${version} are not compared with its training: ${error.message}`)
      return undefined
    }
  }
}

function compared(features: readonly Feature[], references: readonly ColumnReference[]): VersionReference['columns'] {
  const names = featureNames(features)
  return references.flatMap(reference => {
    const at = reference.name === 'score' ? featureWidth(features) : names.indexOf(reference.name)
    return at < 0 ? [] : [{ at, reference }]
  })
}

/** Counters for the columns, in the order of the reference's. */
export function countersOf({ columns }: VersionReference): readonly ColumnDrift[] {
  return columns.map(({ reference }) => new ColumnDrift(reference))
}
