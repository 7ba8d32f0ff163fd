import type { ModelCard } from './card/index.js'

/** The version of a model that is to score. */
export interface Champion {
  readonly name: string
  readonly version: string
  /** SHA-256 of the model's file as its card has it, in lower-case hexadecimal. */
  readonly digest: string
}

/** A version of a model, whole. */
export interface ModelFiles {
  readonly card: ModelCard
  /** The `.onnx` file's bytes; their digest is the card's. */
  readonly onnx: Uint8Array
}

/** Where a model comes from: a folder in the lake, or a registry. */
export interface ModelSource {
  /** Which version scores now; cheap, asked once a run. `undefined` when there is no model of that name. */
  champion(): Promise<Champion | undefined>
  /** @throws ModelError MODEL_MISSING, or MODEL_MISMATCH when the files are not what the card says */
  load(version: string): Promise<ModelFiles>
}
