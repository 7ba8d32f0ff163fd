import { expect, test } from 'vitest'

import { flatJsonReader } from '../../shared/contract/flatJson.js'
import { Random, seedNote } from '../random.js'

const read = flatJsonReader(['a', 'b', 'long_name'], false)

/** What JSON.parse makes of the declared fields, or undefined where it refuses. */
function reference(text: string): unknown {
  try {
    const parsed = JSON.parse(text) as Record<string, unknown>
    return { a: parsed['a'], b: parsed['b'], long_name: parsed['long_name'] }
  } catch {
    return undefined
  }
}

const pieces = [
  '{',
  '}',
  '"a"',
  '"b"',
  '"long_name"',
  '"c"',
  ':',
  ',',
  ' ',
  '\n',
  '1',
  '-',
  '0',
  '01',
  '1.5',
  '.',
  '1e3',
  '-0',
  'true',
  'false',
  'null',
  'nul',
  '"',
  '"x"',
  '"é😀"',
  '"\\n"',
  '"\u0001"',
  '"\u007f"',
  '[',
  ']',
  '{}',
  '\\',
  '\u00a0',
  '\ufeff',
]

test('never says anything else than JSON.parse', () => {
  const random = new Random()
  let accepted = 0
  for (let i = 0; i < 20_000 || (accepted <= 500 && i < 1_000_000); i++) {
    const fields = Array.from(
      { length: random.below(4) },
      () => `${pieces[2 + random.below(4)] ?? ''}:${pieces[10 + random.below(18)] ?? ''}`,
    )
    let text = `{${fields.join(random.below(2) === 0 ? ',' : ' , ')}}`
    for (let edits = random.below(3); edits > 0; edits--) {
      const at = random.below(text.length + 1)
      text = text.slice(0, at) + (pieces[random.below(pieces.length)] ?? '') + text.slice(at + random.below(2))
    }
    const found = read(text)
    if (found === undefined) continue
    accepted++
    expect(found, `${seedNote}: ${text}`).toEqual(reference(text))
    expect(reference(text), `${seedNote}: ${text}`).not.toBeUndefined()
  }
  expect(accepted, seedNote).toBeGreaterThan(500)
})

test.each([
  '{"a":"x","b":"y","long_name":5}',
  '{ "long_name" : null , "a" : true }',
  '{"a":-0.5,"z":1}',
  '{"a":"1","a":"2"}',
  '{"ab":1,"a":2}',
])('reads %s itself', text => {
  expect(read(text)).toEqual(reference(text))
})

test.each([
  '',
  '{',
  '{"a":',
  '{"a":"x',
  '{"a":1}}',
  '{"a":1,}',
  '{"a":01}',
  '{"a":1.}',
  '{"a":-}',
  '{"a":tru}',
  '{"a":"\\u0061"}',
  '{"\\u0061":1}',
  '{"a":[1]}',
  '{"a":{}}',
  '{"a":1e3}',
  '{}',
  '[]',
  '\ufeff{"a":1}',
  '{"a":"\t"}',
])('leaves %s to JSON.parse', text => {
  expect(read(text)).toBeUndefined()
})

test('a field that is not declared is left to the strict contract to name', () => {
  expect(flatJsonReader(['a'], true)('{"a":1,"b":2}')).toBeUndefined()
  expect(flatJsonReader(['a'], false)('{"a":1,"b":2}')).toEqual({ a: 1 })
})
