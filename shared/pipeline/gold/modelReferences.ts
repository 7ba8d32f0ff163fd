import type { Stream } from '../../contract/index.js'
import { ColumnDrift, type ColumnReference, decodeReference, hoursOfPartOfDay } from '../../models/drift/index.js'
import { type Feature, featureNames, featureWidth, ModelError } from '../../models/index.js'
import type { Lake } from '../lake/index.js'
import { type ModelPlace, modelPlace } from '../models/index.js'

/** What rows of one version are compared with. */
export interface VersionReference {
  readonly features: readonly Feature[]
  /** Columns of the matrix by their places, and the scores as one behind the last. */
  readonly columns: readonly ComparedColumn[]
  /** The hours of day that it was trained on, in words, when it saw part of a day only. */
  readonly hours: string | undefined
}

/** A column that is compared. */
export interface ComparedColumn {
  readonly at: number
  readonly reference: ColumnReference
  /** Whether a distance is one of the data, and not of hours of day that the training never saw. */
  readonly isJudged: boolean
}

/** The file of a version that says what its training rows were like. */
const referenceFile = 'reference.json'

/** What was said of references that cannot be read, by the version's folder: said again when it is something else. */
const said = new WeakMap<Lake, Map<string, string>>()

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
    const folder = `${path}/${version}`
    try {
      const { columns, span } = decodeReference(bytes, `${folder}/${referenceFile}`)
      const { features } = await source.card(version)
      const hours = span === undefined ? undefined : hoursOfPartOfDay(span)
      said.get(this.#lake)?.delete(folder)
      return { features, columns: compared(features, columns, hours === undefined), hours }
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      // A file of that name may be another tool's.
      this.#warnOnce(folder, `Rows of version ${version} are not compared with its training: ${error.message}`)
      return undefined
    }
  }

  #warnOnce(folder: string, warning: string): void {
    const known = said.get(this.#lake) ?? new Map<string, string>()
    said.set(this.#lake, known)
    if (known.get(folder) === warning) return
    known.set(folder, warning)
    this.#lake.log.warn(warning)
  }
}

/** @param knowsAllHours whether the training saw all hours of the day; if not, neither hours nor scores can be judged */
function compared(
  features: readonly Feature[],
  references: readonly ColumnReference[],
  knowsAllHours: boolean,
): readonly ComparedColumn[] {
  const names = featureNames(features)
  const hours = new Set(features.flatMap(feature => (feature.kind === 'hour' ? featureNames([feature]) : [])))
  const unsure = knowsAllHours || hours.size === 0 ? new Set<string>() : new Set([...hours, 'score'])
  return references.flatMap(reference => {
    const { name } = reference
    const at = name === 'score' ? featureWidth(features) : names.indexOf(name)
    return at < 0 ? [] : [{ at, reference, isJudged: !unsure.has(name) }]
  })
}

/** Counters for the columns, in the order of the reference's. */
export function countersOf({ columns }: VersionReference): readonly ColumnDrift[] {
  return columns.map(({ reference }) => new ColumnDrift(reference))
}

/**
 * The hours of day that a version was trained on, in words; `undefined` when it saw all of them, or that is not known.
 * @throws ModelError when the version's files cannot be read
 */
export async function trainedHours(
  lake: Lake,
  stream: Stream,
  model: string,
  version: string,
): Promise<string | undefined> {
  const place = modelPlace(lake, stream)
  return place === undefined ? undefined : (await new ModelReferences(lake, place).of(model, version))?.hours
}
