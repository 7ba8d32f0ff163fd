import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock } from '../../shared/clock.js'
import { precisionAt, rocAuc } from '../../shared/models/evaluation/index.js'
import { encodeForest, forestTensors, ForestWalk, trainForest } from '../../shared/models/forest/index.js'
import { type ModelFiles, openOnnxScorer, type Scorer, sha256 } from '../../shared/models/index.js'
import { openScorer } from '../../shared/models/scoring/index.js'
import { projectRoot } from '../harness/projectRoot.js'
import { habitRows, habitWidth } from './habitRows.js'
import { type PythonProcess, startPython } from './pythonProcess.js'

/** A line of the report. */
export interface ModelMeasure {
  readonly name: string
  readonly figure: string
}

const seeds = [1, 2, 3, 4, 5]
const published = { trees: 100, sampleSize: 256 }
const shipped = { trees: 100, sampleSize: 2_048 }

/**
 * Isolation forests here and by scikit-learn on the same rows, and the same model scored by walking its trees, by ONNX
 * Runtime as gold runs it, and by ONNX Runtime in Python, in one run. Needs a Python with scikit-learn and onnxruntime,
 * named in MODELS_PYTHON. Times are those of the processor, of one thread each.
 *
 * @param rows of the training that is timed
 */
export async function modelsBench(rows = 1_000_000): Promise<readonly ModelMeasure[]> {
  const python = process.env['MODELS_PYTHON']
  if (python === undefined) throw new Error('Name a Python with scikit-learn and onnxruntime in MODELS_PYTHON.')
  const folder = await mkdtemp(join(tmpdir(), 'models-bench-'))
  const other = startPython(python, join(projectRoot(), 'test/bench/models.py'))
  try {
    return [
      ...(await training(other, folder, rows)),
      ...(await scoring(other, folder)),
      ...(await accuracy(other, folder)),
    ]
  } finally {
    await other.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const bytesOf = (values: Float32Array | Uint8Array) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

async function training(other: PythonProcess, folder: string, rows: number): Promise<readonly ModelMeasure[]> {
  const { values } = habitRows(rows, 1, false)
  const train = join(folder, 'million')
  await writeFile(train, bytesOf(values))
  const own: number[] = []
  const theirs: number[] = []
  let peakBytes = 0
  for (let round = 0; round < 5; round++) {
    const started = process.cpuUsage()
    trainForest({ values, width: habitWidth }, { ...published, seed: round })
    own.push(cpuSince(started))
    const answer = await other.ask({ work: 'train', train, width: habitWidth, ...published, seed: round })
    theirs.push((answer['result'] ?? NaN) * 1_000)
    peakBytes = answer['peakBytes'] ?? NaN
  }
  const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB at most`
  return [
    {
      name: `train on ${rows} rows, here`,
      figure: `${middle(own).toFixed(0)} ms, ${megabytes(process.resourceUsage().maxRSS * 1024)}`,
    },
    { name: `train on ${rows} rows, scikit-learn`, figure: `${middle(theirs).toFixed(0)} ms, ${megabytes(peakBytes)}` },
  ]
}

async function scoring(other: PythonProcess, folder: string): Promise<readonly ModelMeasure[]> {
  const rows = 200_000
  const measures: ModelMeasure[] = []
  for (const size of [published, shipped]) {
    const forest = trainForest({ values: habitRows(25_000, 1, false).values, width: habitWidth }, { ...size, seed: 1 })
    const onnx = encodeForest(forest)
    const { values } = habitRows(rows, 2, true)
    const scores = new ForestWalk(forest).score(values, rows)
    const paths = { onnx: join(folder, 'm.onnx'), test: join(folder, 'rows'), scores: join(folder, 'scores') }
    await writeFile(paths.onnx, onnx)
    await writeFile(paths.test, bytesOf(values))
    await writeFile(paths.scores, bytesOf(scores))
    const opened = systemClock.monotonic()
    const gold = await openScorer(filesOf(onnx), { timeoutMs: 60_000, memoryLimit: 2 ** 29 })
    const opening = systemClock.monotonic() - opened
    const walked = await timed(gold, values, rows)
    const wasm = await timed(await openOnnxScorer(filesOf(onnx)), values, rows)
    const answer = await other.ask({ work: 'score', ...paths, width: habitWidth, threads: 1 })
    const speed = (name: string, ms: number) => ({
      name: `score, ${size.trees} trees of ${size.sampleSize} rows, ${name}`,
      figure: `${Math.round((rows / ms) * 1_000).toLocaleString('en-US')} rows/s`,
    })
    measures.push(
      speed('as gold does, walking the trees', walked),
      speed('ONNX Runtime on its thread (WebAssembly)', wasm),
      speed('ONNX Runtime in Python, one thread', (answer['result'] ?? NaN) * 1_000),
      {
        name: `size of the file, time to open it for gold, greatest difference of the scores`,
        figure: `${Math.round(onnx.length / 1024)} KB, ${opening.toFixed(0)} ms, ${(answer['difference'] ?? NaN).toExponential(1)}`,
      },
    )
  }
  return measures
}

function filesOf(onnx: Uint8Array): ModelFiles {
  const features = Array.from({ length: habitWidth }, (_, i) => ({ column: `c${i}`, kind: 'numeric' as const }))
  const about = { name: 'm', version: '1', stream: 's', createdAt: '2025-01-01T00:00:00Z' }
  return { onnx, card: { ...about, features, ...forestTensors, sha256: sha256(onnx) } }
}

/** Milliseconds of the processor since then, of all threads: others that use the machine do not change it much. */
function cpuSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started)
  return (user + system) / 1_000
}

/** Milliseconds of the processor of the middle one of three turns, in batches as gold scores; closes the scorer. */
async function timed(scorer: Scorer, values: Float32Array, rows: number): Promise<number> {
  const batch = 65_536
  const turns: number[] = []
  for (let turn = 0; turn < 3; turn++) {
    const started = process.cpuUsage()
    for (let from = 0; from < rows; from += batch) {
      const to = Math.min(rows, from + batch)
      await scorer.score(values.slice(from * habitWidth, to * habitWidth), to - from)
    }
    turns.push(cpuSince(started))
  }
  await scorer.close()
  return middle(turns)
}

async function accuracy(other: PythonProcess, folder: string): Promise<readonly ModelMeasure[]> {
  const measures: ModelMeasure[] = []
  for (const size of [published, shipped]) {
    const own: Areas[] = []
    const theirs: Areas[] = []
    const precise: number[] = []
    for (const seed of seeds) {
      const training = habitRows(25_000, 10 * seed, false)
      const held = habitRows(20_000, 10 * seed + 1, true)
      const paths = { train: join(folder, 'train'), test: join(folder, 'test'), anomalies: join(folder, 'anomalies') }
      await writeFile(paths.train, bytesOf(training.values))
      await writeFile(paths.test, bytesOf(held.values))
      await writeFile(paths.anomalies, held.anomalies)
      const forest = trainForest({ values: training.values, width: habitWidth }, { ...size, seed })
      const scores = new ForestWalk(forest).score(held.values, held.anomalies.length)
      const anomalies = held.anomalies.map(kind => (kind === 0 ? 0 : 1))
      own.push([rocAuc({ scores, anomalies }) ?? NaN, ...kinds.map(kind => areaOf(kind, scores, held.anomalies))])
      precise.push(precisionAt({ scores, anomalies }, 0.01))
      const answer = await other.ask({ work: 'auc', ...paths, width: habitWidth, ...size, seed })
      theirs.push(['result', ...kinds.map(kind => `kind${kind}`)].map(name => answer[name] ?? NaN))
    }
    const name = `AUC (all, value, time, type), ${size.trees} trees of ${size.sampleSize} rows`
    measures.push(
      { name: `${name}, here`, figure: shownAreas(own) },
      { name: `${name}, scikit-learn`, figure: shownAreas(theirs) },
      { name: 'precision at one percent, here', figure: mean(precise).toFixed(3) },
    )
  }
  return measures
}

/** Unusual values, times and types, as `habitRows` numbers them. */
const kinds = [1, 2, 3]

/** The area with the anomalies of one kind only. */
function areaOf(kind: number, scores: Float32Array, anomalies: Uint8Array): number {
  const rows = [...anomalies.keys()].filter(row => anomalies[row] === 0 || anomalies[row] === kind)
  const part = {
    scores: Float32Array.from(rows, row => scores[row] as number),
    anomalies: Uint8Array.from(rows, row => Math.min(1, anomalies[row] as number)),
  }
  return rocAuc(part) ?? NaN
}

/** Of all anomalies, and of those of each kind. */
type Areas = readonly number[]

/** The means over the seeds, and the area of all anomalies by seed. */
function shownAreas(bySeed: readonly Areas[]): string {
  const means = [0, ...kinds].map(i => mean(bySeed.map(areas => areas[i] ?? NaN)))
  const shown = (areas: Areas) => areas.map(area => area.toFixed(3)).join(' ')
  return `${shown(means)}; by seed ${shown(bySeed.map(([all = NaN]) => all))}`
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
