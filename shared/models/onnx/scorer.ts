/** A model that is ready to score. */
export interface Scorer {
  /**
   * @param features row by row, in the order of the model's card
   * @returns one score a row
   * @throws ModelError MODEL_RUNTIME, MODEL_LIMIT, MODEL_RUNTIME_START
   */
  score(features: Float32Array, rows: number): Promise<Float32Array>
  close(): Promise<void>
}
