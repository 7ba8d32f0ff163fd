import { describe, expect, test } from 'vitest'

import { modelDigest, sha256 } from '../../../shared/models/card/digest.js'
import { decodeModelCard, encodeModelCard, type ModelCard } from '../../../shared/models/card/modelCard.js'
import { starterModel } from '../../../shared/models/starter/starterModel.js'

const text = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

describe('a card', () => {
  const card = JSON.parse(Buffer.from(encodeModelCard(starterModel('m').card)).toString()) as Record<string, unknown>

  test.each([
    ['name', { name: 7 }],
    ['version', { version: '' }],
    ['features', { features: [] }],
    ['features[0].kind', { features: [{ column: 'value', kind: 'text' }] }],
    ['features[0].categories', { features: [{ column: 'value', kind: 'category' }] }],
    ['features[0].rates', { features: [{ column: 'v', kind: 'rate', categories: ['a', 'b'], rates: [1] }] }],
    ['sha256', { sha256: undefined }],
    ['threshold', { threshold: '0.5' }],
    ['external[0]', { external: ['../other/weights'] }],
    ['external[0]', { external: ['/etc/passwd'] }],
    ['external[0]', { external: ['a\\b'] }],
    ['golden[0].features[0]', { golden: [{ features: ['1'], score: 1 }] }],
  ])('with a wrong %s names it', (field, change) => {
    expect(() => decodeModelCard(text({ ...card, ...change }), 'model.json')).toThrow(`model.json: ${field} must be`)
  })

  test('without golden vectors is fine', () => {
    expect(decodeModelCard(text({ ...card, golden: undefined }), 'model.json').golden).toBeUndefined()
  })

  test('of every kind of feature comes back as it was written', () => {
    const whole: ModelCard = {
      ...starterModel('m').card,
      features: [
        { column: 'value', kind: 'numeric' },
        { name: 'log', column: 'value', kind: 'log' },
        { name: 'hour', column: 'at', kind: 'hour' },
        { column: 'type', kind: 'category', categories: ['__proto__', ''] },
        { name: 'rate', column: 'type', kind: 'rate', categories: ['a'], rates: [0.25] },
      ],
      threshold: -0.1,
      external: ['weights/part-1.bin'],
    }
    expect(decodeModelCard(encodeModelCard(whole), 'model.json')).toEqual(whole)
  })
})

describe('the digest of a model', () => {
  const [onnx, a, b] = ['model', 'a', 'b'].map(text) as [Uint8Array, Uint8Array, Uint8Array]

  test('is that of its file alone, as older cards have it', () => {
    expect(modelDigest(onnx)).toBe(sha256(onnx))
  })

  test('tells apart which tensor is in which file, and does not depend on their order', () => {
    const of = (...files: readonly (readonly [string, Uint8Array])[]) => modelDigest(onnx, new Map(files))
    expect(of(['x', a], ['y', b])).toBe(of(['y', b], ['x', a]))
    expect(new Set([of(['x', a], ['y', b]), of(['x', b], ['y', a]), of(['x', a]), of()]).size).toBe(4)
  })
})
