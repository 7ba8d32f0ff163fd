import type { NamedFeature, VersionSelect } from '../../contract/index.js'
import { decodeModelCard, jsonObject, type ModelCard, modelDigest } from '../card/index.js'
import { type Feature, featureNames } from '../features/index.js'
import { ModelError } from '../modelError.js'
import type { Champion, ModelFiles, ModelSource } from '../modelSource.js'
import { downloadFolder } from './artifacts.js'
import { externalFiles } from './externalTensors.js'
import { exampleRows } from './inputExample.js'
import type { MlflowServer } from './mlflowServer.js'
import { decodeMlModel, type MlModel, mlmodelFile } from './mlmodelFile.js'
import { signatureFeatures } from './signatureFeatures.js'

/** Which model of a server scores a stream. */
export interface MlflowModel {
  readonly name: string
  readonly select: VersionSelect
  readonly stream: string
  /** What the stream declares that a model may take. */
  readonly features: readonly NamedFeature[]
  /** The output with the scores, as the stream declares it; before what the model brings along. */
  readonly output?: string | undefined
  /** Most bytes of all files of a version together. */
  readonly maxBytes: number
}

/** The tag of a version that names its files: what was put there from here has it. */
export const digestTag = 'kafka_delta_functions.digest'

/**
 * A registered model of an MLflow server: whatever `mlflow.onnx.log_model` has put there, and what this project has. Its
 * features are found by the names of its signature, or brought along as `model.json`, as `features.json`, or as `features`
 * in the metadata of `MLmodel`.
 */
export class MlflowModelSource implements ModelSource {
  readonly #server: MlflowServer
  readonly #model: MlflowModel

  constructor(server: MlflowServer, model: MlflowModel) {
    this.#server = server
    this.#model = model
  }

  /**
   * The digest is empty where the server knows none: of versions that others put there it is known after `load` only.
   * @throws MlflowError
   */
  async champion(): Promise<Champion | undefined> {
    const found = await this.#server.registry.find(this.#model.name, this.#model.select)
    if (found === undefined) return undefined
    return { name: this.#model.name, version: found.version, digest: found.tags.get(digestTag) ?? '' }
  }

  /**
   * The version's whole folder; what an alias points to meanwhile does not matter.
   * @throws MlflowError, or ModelError MODEL_MISMATCH when its files do not fit each other or the stream
   */
  async load(version: string): Promise<ModelFiles> {
    const { name, maxBytes } = this.#model
    const folder = await this.#server.versionFiles({ name, version })
    const files = await downloadFolder(folder, maxBytes)
    const place = (path: string) => `${folder.url.replace(/\/$/, '')}/${path}`
    const mlModel = await decodeMlModel(required(files, mlmodelFile, place), place(mlmodelFile))
    const onnx = required(files, mlModel.onnxFile, place)
    const external = tensorsBeside(onnx, mlModel.onnxFile, files, place)
    const card = this.#card(version, mlModel, { files, digest: modelDigest(onnx, external), place })
    const own = new Set([
      'model.json',
      mlModel.onnxFile,
      ...[...external.keys()].map(path => beside(mlModel.onnxFile, path)),
    ])
    const output = this.#model.output ?? card.output
    const golden = card.golden ?? examples(card, files.get(mlModel.inputExample?.path ?? ''))
    return {
      card: { ...card, output, golden, external: external.size === 0 ? undefined : [...external.keys()] },
      onnx,
      external,
      more: new Map([...files].filter(([path]) => !own.has(path))),
    }
  }

  #card(version: string, mlModel: MlModel, { files, digest, place }: Downloaded): ModelCard {
    const { name, stream, features: declared } = this.#model
    const label = `models:/${name}/${version}`
    const common = { name, version, stream, sha256: digest }
    const written = files.get('model.json')
    if (written !== undefined) {
      const card = decodeModelCard(written, place('model.json'))
      if (card.sha256 !== digest) throw wrongDigest(label, digest, card.sha256)
      if (card.stream !== stream) throw otherStream(label, card.stream, stream)
      const features = signatureFeatures(mlModel.signature, { declared, fitted: card.features }, label)
      return { ...card, ...common, features }
    }
    const fitted = fittedFeatures(mlModel, files, place)
    const { threshold, output } = mlModel.metadata
    const brought = new TextEncoder().encode(
      JSON.stringify({
        ...common,
        features: fitted ?? [placeholder],
        threshold,
        output,
        created_at: mlModel.createdAt,
      }),
    )
    const card = decodeModelCard(brought, `the metadata of ${label}`)
    const known = fitted === undefined ? undefined : card.features
    return { ...card, features: signatureFeatures(mlModel.signature, { declared, fitted: known }, label) }
  }
}

/** Of the rows of an input example no score is known: any number is right. */
function examples({ features }: ModelCard, file: Uint8Array | undefined): ModelCard['golden'] {
  const rows = file === undefined ? undefined : exampleRows(file, featureNames(features))
  return rows?.map(row => ({ features: row }))
}

interface Downloaded {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly digest: string
  readonly place: (path: string) => string
}

/** A card has features, and those of a model without are found by its signature. */
const placeholder: Feature = { column: '-', kind: 'numeric' }

/** What a training that is not ours has written down of its features; not checked yet. */
function fittedFeatures(
  { metadata }: MlModel,
  files: ReadonlyMap<string, Uint8Array>,
  place: (path: string) => string,
): unknown {
  if (metadata['features'] !== undefined) return metadata['features']
  const file = files.get('features.json')
  return file === undefined ? undefined : jsonObject(file, place('features.json'))['features']
}

function required(files: ReadonlyMap<string, Uint8Array>, path: string, place: (path: string) => string): Uint8Array {
  const bytes = files.get(path)
  if (bytes !== undefined) return bytes
  throw new ModelError(
    'MODEL_MISSING',
    `${place(path)} is not there. Log the model again with mlflow.onnx.log_model.`,
    {
      data: { file: place(path) },
    },
  )
}

function tensorsBeside(
  onnx: Uint8Array,
  onnxFile: string,
  files: ReadonlyMap<string, Uint8Array>,
  place: (path: string) => string,
): ReadonlyMap<string, Uint8Array> {
  let locations
  try {
    locations = externalFiles(onnx)
  } catch (cause) {
    throw new ModelError('MODEL_MISMATCH', `${place(onnxFile)} is no ONNX file. Log the model again.`, {
      cause,
      data: { file: place(onnxFile) },
    })
  }
  return new Map(
    locations.map(location => {
      const bytes = files.get(beside(onnxFile, location))
      if (bytes !== undefined) return [location, bytes]
      throw new ModelError(
        'MODEL_MISSING',
        `${place(onnxFile)} keeps tensors in ${JSON.stringify(location)}, which was not logged with it. Log the model again with mlflow.onnx.log_model.`,
        { data: { file: place(onnxFile), tensors: location } },
      )
    }),
  )
}

/** Paths of tensors are relative to the folder of the model's file. */
function beside(file: string, path: string): string {
  return file.slice(0, file.lastIndexOf('/') + 1) + path
}

function wrongDigest(model: string, digest: string, expected: string): ModelError {
  return new ModelError(
    'MODEL_MISMATCH',
    `${model} has the digest ${digest}, but its model.json says ${expected}: one of the two was replaced. Push the model again.`,
    { data: { model, digest, expected } },
  )
}

function otherStream(model: string, stream: string, expected: string): ModelError {
  return new ModelError(
    'MODEL_MISMATCH',
    `${model} was trained for the stream ${stream}, and is to score ${expected}. Name another model in the stream's model.uri, or in MODEL_URI.`,
    { data: { model, stream, expected } },
  )
}
