import { Worker } from 'node:worker_threads'

import { describe, expect, test, vi } from 'vitest'

import { sha256 } from '../../../shared/models/card/digest.js'
import type { ModelFiles } from '../../../shared/models/modelSource.js'
import { openOnnxScorer } from '../../../shared/models/onnx/onnxScorer.js'
import { starterModel } from '../../../shared/models/starter/starterModel.js'
import { endlessModel, hugeModel } from './hostileModels.js'

function filesOf(onnx: Uint8Array, golden: readonly (readonly number[])[] = []): ModelFiles {
  const features = [
    { column: 'a', kind: 'numeric' as const },
    { column: 'b', kind: 'numeric' as const },
  ]
  const vectors = golden.map(([a = 0, b = 0]) => ({ features: [a, b], score: 0.25 * a + 0.5 * b }))
  return {
    onnx,
    card: {
      name: 'm',
      version: '3',
      stream: 'events',
      features,
      input: 'x',
      output: 'y',
      createdAt: '2025-01-01T00:00:00Z',
      sha256: sha256(onnx),
      golden: vectors,
    },
  }
}

const limits = { timeoutMs: 60_000, memoryLimit: 200 * 2 ** 20 }
const quick = { ...limits, timeoutMs: 3_000 }

describe('a model is bounded in time and memory', () => {
  test('one that never ends for some row is stopped and named, and scores other rows again', async () => {
    const scorer = await openOnnxScorer(filesOf(endlessModel(), [[4, 2]]), quick)
    await expect(scorer.score(Float32Array.of(5_000, 1), 1)).rejects.toMatchObject({
      code: 'MODEL_LIMIT',
      message: expect.stringMatching(/Model m, version 3: scoring 1 rows took more than 3 s.*MODEL_TIMEOUT/) as string,
      retryable: false,
    })
    expect([...(await scorer.score(Float32Array.of(4, 2), 1))]).toEqual([2])
    await scorer.close()
  })

  test('one that never ends for its own golden vector is not put into use', async () => {
    await expect(openOnnxScorer(filesOf(endlessModel(), [[2_000, 0]]), quick)).rejects.toMatchObject({
      code: 'MODEL_LIMIT',
    })
  })

  test('one that wants more memory than it may is refused it, and the process does not grow with it', async () => {
    const scorer = await openOnnxScorer(filesOf(hugeModel(), [[1, 2]]), limits)
    const before = process.memoryUsage.rss()
    await expect(scorer.score(Float32Array.of(1_500, 1), 1)).rejects.toMatchObject({
      code: 'MODEL_LIMIT',
      message: expect.stringMatching(/took more than 200 MB of memory.*MODEL_MEMORY_LIMIT/) as string,
    })
    expect(process.memoryUsage.rss() - before).toBeLessThan(600 * 2 ** 20)
    expect([...(await scorer.score(Float32Array.of(4, 2), 1))]).toEqual([2])
    await scorer.close()
  })

  test('the model whose call was next in line is not blamed for the one that was stopped', async () => {
    const endless = await openOnnxScorer(filesOf(endlessModel()), quick)
    const { card, onnx } = starterModel('other')
    const other = await openOnnxScorer({ card, onnx }, quick)
    const stopped = endless.score(Float32Array.of(5_000, 1), 1).then(
      () => 'scored',
      (error: unknown) => (error as Error).message,
    )
    const scores = await other.score(Float32Array.of(2_000, 1, 0, 0, 0), 1)
    expect(await stopped).toMatch(/Model m, version 3/)
    expect(scores[0]).toBeLessThan(0.01)
    await Promise.all([endless.close(), other.close()])
  })

  test('batches, large and small, leave nothing in the thread that waits there to be collected', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage')
    const { card, onnx } = starterModel('one')
    const scorer = await openOnnxScorer({ card, onnx }, limits)
    const rows = 60_000
    const features = Float32Array.from({ length: rows * 5 }, (_, i) => [(i * 7) % 3_001, 1, 0, 0, 0][i % 5] ?? 0)
    const first = await scorer.score(features, rows)
    const kept = first.slice()
    const thread = posted.mock.contexts[0] as Worker
    const held: number[] = []
    for (let n = 0; n < 6; n++) {
      await scorer.score(features, rows)
      held.push((await thread.getHeapStatistics()).external_memory)
    }
    const few = await scorer.score(features.subarray(0, 50), 10)
    expect(Math.max(...held) - (held[0] ?? 0)).toBeLessThan(first.byteLength)
    expect(new Set(kept.subarray(0, 10)).size).toBeGreaterThan(5)
    expect([few, first]).toEqual([kept.slice(0, 10), kept])
    await scorer.close()
    posted.mockRestore()
  })
})
