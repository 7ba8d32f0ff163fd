import type { ModelCard } from './card/index.js'

/** The version of a model that is to score. */
export interface Champion {
  readonly name: string
  readonly version: string
  /** The model's digest as its card has it, in lower-case hexadecimal. */
  readonly digest: string
}

/** A version of a model, whole. */
export interface ModelFiles {
  readonly card: ModelCard
  /** The `.onnx` file's bytes. */
  readonly onnx: Uint8Array
  /** Tensors in files beside it, by the path that the `.onnx` file has for them. */
  readonly external?: ReadonlyMap<string, Uint8Array> | undefined
  /** What else its folder has, by path: `MLmodel`, metrics, plots, `reference.json`. Not needed to score. */
  readonly more?: ReadonlyMap<string, Uint8Array> | undefined
}

/** Where a model comes from: a folder in the lake, or a registry. */
export interface ModelSource {
  /** Which version scores now; cheap, asked once a run. `undefined` when there is no model of that name. */
  champion(): Promise<Champion | undefined>
  /** @throws ModelError MODEL_MISSING, or MODEL_MISMATCH when the files are not what the card says */
  load(version: string): Promise<ModelFiles>
}
