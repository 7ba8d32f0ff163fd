import type { MlflowServer } from '../../../shared/models/mlflow/index.js'
import { decodeMlModel, encodeMlModel } from '../../../shared/models/mlflow/mlmodelFile.js'
import { scoreSignature } from '../../../shared/models/mlflow/signature.js'
import { signatureFeatures } from '../../../shared/models/mlflow/signatureFeatures.js'
import { createRun, ensureExperiment } from '../../../shared/models/mlflow/trackingRun.js'

/** A model that was logged somewhere, and nothing else is known of it. */
export interface LoggedAt {
  readonly modelId: string | undefined
  readonly runId: string
  readonly artifactUri: string
  readonly createdAt: number
}

/** An `MLmodel` file with a signature of those columns and no example, as another client writes it. */
export function describedBy(columns: readonly string[], { modelId, ...where }: LoggedAt) {
  const signature = scoreSignature(columns)
  return encodeMlModel({ ...where, modelId, signature, size: 1, hasInputExample: false, metadata: {} })
}

/** A run of an experiment, as another client makes it. */
export async function runOf({ tracking }: MlflowServer, experiment: string, startedAt: number) {
  const experimentId = await ensureExperiment(tracking, experiment)
  return createRun(tracking, { experimentId, name: 'by hand', startedAt, tags: {} })
}

/** What an `MLmodel` file says, and which features its signature means. */
export async function readDescription(file: Uint8Array, offered: Parameters<typeof signatureFeatures>[1]) {
  const written = await decodeMlModel(file, 'MLmodel')
  return { written, features: signatureFeatures(written.signature, offered, 'm') }
}
