import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { afterAll, describe, expect, test, vi } from 'vitest'

import { openOnnxScorer } from '../../../shared/models/onnx/onnxScorer.js'
import { startError } from '../../../shared/models/onnx/runtimeStart.js'
import { starterModel } from '../../../shared/models/starter/starterModel.js'

const { place } = vi.hoisted(() => ({ place: { entry: undefined as string | undefined } }))

vi.mock(import('node:worker_threads'), async original => {
  const threads = await original()
  class Worker extends threads.Worker {
    constructor(...[file, options]: ConstructorParameters<typeof threads.Worker>) {
      super(place.entry ?? file, options)
    }
  }
  return { ...threads, Worker }
})

const runtime = 'node_modules/onnxruntime-web'
const bundle = 'dist/ort.wasm.bundle.min.mjs'
const loader = 'dist/ort-wasm-simd-threaded.mjs'
const wasm = 'dist/ort-wasm-simd-threaded.wasm'
const folder = mkdtempSync(join(tmpdir(), 'runtime-start-'))

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The worker in a package of its own, with those files of the runtime. @returns its path */
function installation(name: string, files: Readonly<Record<string, Uint8Array>>): string {
  const root = join(folder, name)
  mkdirSync(join(root, runtime, 'dist'), { recursive: true })
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  const entry = join(root, 'onnxWorker.ts')
  copyFileSync(resolve('shared/models/onnx/onnxWorker.ts'), entry)
  for (const [path, bytes] of Object.entries(files)) writeFileSync(join(root, runtime, path), bytes)
  return entry
}

const ofRuntime = (path: string) => readFileSync(join(runtime, path))

/** Each has a memory limit of its own, and so a thread of its own. */
let memoryLimit = 200 * 2 ** 20

const open = () => {
  const { card, onnx } = starterModel('m')
  return openOnnxScorer({ card, onnx }, { timeoutMs: 60_000, memoryLimit: (memoryLimit += 65_536) })
}

describe('an installation', () => {
  const whole = Object.fromEntries(['package.json', bundle, loader, wasm].map(path => [path, ofRuntime(path)]))
  const without = (path: string) => Object.fromEntries(Object.entries(whole).filter(([other]) => other !== path))
  const cases: readonly (readonly [string, Readonly<Record<string, Uint8Array>>, RegExp])[] = [
    ['without the runtime', {}, /onnxruntime-web/],
    ['without its module', without(bundle), /ort\.wasm\.bundle\.min\.mjs/],
    ['without its loader', without(loader), /ort-wasm-simd-threaded\.mjs/],
    ['without its WebAssembly', without(wasm), /ort-wasm-simd-threaded\.wasm/],
    ['with half of its WebAssembly', { ...whole, [wasm]: ofRuntime(wasm).subarray(0, 5_000_000) }, /CompileError/],
  ]
  test.each(cases)('%s is what is to be mended, and no model', async (name, files, why) => {
    place.entry = installation(name.replaceAll(' ', '-'), files)
    const error: unknown = await open().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'MODEL_RUNTIME_START',
      retryable: false,
      message: expect.stringMatching(why) as string,
    })
    expect((error as Error).message).toMatch(/run npm ci, or make the package again and deploy it/)
    expect((error as Error).message).not.toMatch(/model\.onnx|Model m/)
  })

  test('that is whole starts, and then a bad model is to blame', async () => {
    place.entry = installation('whole', whole)
    await (await open()).close()
    const { card } = starterModel('m')
    await expect(
      openOnnxScorer({ card, onnx: new Uint8Array() }, { timeoutMs: 60_000, memoryLimit }),
    ).rejects.toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringContaining('not a model that ONNX Runtime can load') as string,
    })
  })
})

test('a machine that is too busy or too small is not told to install again; a busy one is tried again', () => {
  const late = startError({ kind: 'timeout' }, new Error('late'))
  expect(late).toMatchObject({ code: 'MODEL_RUNTIME_START', retryable: true })
  const small = startError({ kind: 'memory', message: 'could not allocate memory' }, new Error('small'))
  expect(small).toMatchObject({ code: 'MODEL_RUNTIME_START', retryable: false })
  expect(small.message).toContain('could not allocate memory. Give the process more memory')
  for (const { message } of [late, small]) expect(message).not.toContain('npm ci')
})
