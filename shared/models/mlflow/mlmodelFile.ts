import { asObject } from '../../types/index.js'
import { asText, type JsonObject } from './json.js'
import { MlflowError } from './mlflowError.js'
import { encodeSignature, parseSignature, type Signature } from './signature.js'

/** What an `MLmodel` file says that matters here. */
export interface MlModel {
  /** The ONNX file, relative to the folder. */
  readonly onnxFile: string
  /** What goes in and comes out; undefined when the model was logged without. */
  readonly signature: Signature | undefined
  /** The file with the input example, and how its table is written. */
  readonly inputExample: { readonly path: string; readonly orient: string } | undefined
  /** What whoever logged it added. */
  readonly metadata: JsonObject
  readonly modelId: string | undefined
  readonly runId: string | undefined
  /** ISO 8601. */
  readonly createdAt: string
}

/** What an `MLmodel` file is written from. */
export interface NewMlModel {
  /** `m-…` of a logged model; undefined where there are none. */
  readonly modelId: string | undefined
  readonly runId: string
  /** Address of the folder: `mlflow-artifacts:/…/models/m-…/artifacts`. */
  readonly artifactUri: string
  readonly signature: Signature
  /** Bytes of all files of the model. */
  readonly size: number
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAt: number
  readonly hasInputExample: boolean
  readonly metadata: JsonObject
}

/** The file's name in a model's folder. */
export const mlmodelFile = 'MLmodel'

/** Files that MLflow's clients read the input example from. */
export const exampleFiles = { example: 'input_example.json', serving: 'serving_input_example.json' } as const

/**
 * Reads an `MLmodel` file.
 *
 * @param place what to call the file in a message
 * @throws MlflowError MLFLOW_BAD_ANSWER when it is none, or not of an ONNX model
 */
export async function decodeMlModel(bytes: Uint8Array, place: string): Promise<MlModel> {
  const { parse } = await import('yaml')
  const fail = (why: string, cause?: unknown) =>
    new MlflowError('MLFLOW_BAD_ANSWER', `${place} ${why}`, { cause, data: { file: place } })
  let yaml: unknown
  try {
    // Written by Python in YAML 1.1; as 1.2 its dates stay texts.
    yaml = parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { logLevel: 'error', maxAliasCount: 100 })
  } catch (cause) {
    throw fail('is no YAML. Log the model again.', cause)
  }
  const file = asObject(yaml)
  const flavors = asObject(file?.['flavors'])
  if (file === undefined || flavors === undefined)
    throw fail('has no flavors: it is no MLmodel file. Log the model again.')
  const onnx = asObject(flavors['onnx'])
  const data = onnx?.['data'] ?? 'model.onnx'
  if (onnx === undefined || typeof data !== 'string') {
    const others = Object.keys(flavors).filter(flavor => flavor !== 'python_function')
    throw fail(
      `is a model of ${others.join(', ') || 'Python'}, and only ONNX is scored. Convert it (skl2onnx, onnxmltools, torch.onnx) and log it with mlflow.onnx.log_model.`,
    )
  }
  const example = asObject(file['saved_input_example_info'])
  const { artifact_path: path, pandas_orient: orient } = example ?? {}
  return {
    onnxFile: data,
    signature: parseSignature(file['signature'], place),
    inputExample: typeof path === 'string' ? { path, orient: typeof orient === 'string' ? orient : '' } : undefined,
    metadata: asObject(file['metadata']) ?? {},
    modelId: asText(file['model_id']),
    runId: asText(file['run_id']),
    createdAt: isoTime(asText(file['utc_time_created'])),
  }
}

/** The bytes of an `MLmodel` file that MLflow's own clients load: flavors `onnx` and `python_function`. */
export async function encodeMlModel(model: NewMlModel): Promise<Uint8Array> {
  const { stringify } = await import('yaml')
  const example = {
    artifact_path: exampleFiles.example,
    pandas_orient: 'split',
    serving_input_path: exampleFiles.serving,
    type: 'dataframe',
  }
  const file = {
    artifact_path: model.artifactUri,
    flavors: {
      onnx: {
        code: null,
        data: 'model.onnx',
        onnx_session_options: null,
        providers: ['CPUExecutionProvider'],
      },
      python_function: {
        data: 'model.onnx',
        env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
        loader_module: 'mlflow.onnx',
        python_version: '3.11.0',
      },
    },
    is_signature_from_type_hint: false,
    metadata: model.metadata,
    ...(model.modelId === undefined ? {} : { model_id: model.modelId }),
    model_size_bytes: model.size,
    model_uuid: model.modelId ?? model.runId,
    run_id: model.runId,
    ...(model.hasInputExample ? { saved_input_example_info: example } : {}),
    signature: encodeSignature(model.signature),
    type_hint_from_example: false,
    utc_time_created: new Date(model.createdAt).toISOString().replace('T', ' ').replace('Z', ''),
  }
  // Python reads YAML 1.1, in which more words and numbers need quotes.
  return new TextEncoder().encode(stringify(file, { version: '1.1', lineWidth: 0 }))
}

/** What Python installs to load the model: files beside `MLmodel` by name. */
export function environmentFiles(): ReadonlyMap<string, Uint8Array> {
  const packages = ['mlflow', 'onnx', 'onnxruntime']
  const text = (lines: readonly string[]) => new TextEncoder().encode(`${lines.join('\n')}\n`)
  return new Map([
    ['requirements.txt', text(packages)],
    [
      'python_env.yaml',
      text(['python: 3.11.0', 'build_dependencies:', '- pip', 'dependencies:', '- -r requirements.txt']),
    ],
    [
      'conda.yaml',
      text([
        'channels:',
        '- conda-forge',
        'dependencies:',
        '- python=3.11',
        '- pip',
        '- pip:',
        ...packages.map(name => `  - ${name}`),
        'name: mlflow-env',
      ]),
    ],
  ])
}

/** Python's `2026-11-29 09:21:28.272421`, in UTC. */
function isoTime(text: string | undefined): string {
  const time = Date.parse(`${(text ?? '').replace(' ', 'T').replace(/(\.\d{3})\d*$/, '$1')}Z`)
  return new Date(Number.isNaN(time) ? 0 : time).toISOString()
}
