import { expect, test } from 'vitest'

import { pictureFile } from '../../shared/page/pictureFile.js'
import { events } from '../harness/sampleStream/events.js'
import { dataOf, overviewOf, rowsOf } from './pageFixture.js'

/** The names of elements of an XML document. @throws where it is not well-formed as far as tags and entities go */
function elementsOf(xml: string): readonly string[] {
  const [open, names]: [string[], string[]] = [[], []]
  const markup = /<(\/?)([a-z]+)((?:\s+[a-zA-Z-]+="[^"<]*")*)\s*(\/?)>|<style>[^<]*|([^<]+)|(<)/g
  for (const [whole, end, name = '', , alone, text, stray] of xml.matchAll(markup)) {
    if (stray !== undefined || /&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.test(text ?? ''))
      throw new Error(`not well-formed: ${whole.slice(0, 80)}`)
    if (whole.startsWith('<style>')) open.push('style')
    else if (text === undefined && end === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> ends another element`)
    } else if (text === undefined) {
      names.push(name)
      if (alone === '') open.push(name)
    }
  }
  if (open.length > 0) throw new Error(`never ended: ${open.join(', ')}`)
  return names
}

test('the picture is a document of its own, whatever its streams are called', () => {
  const names = ['events', 'a"><script>alert(1)</script>', 'ends in &nbsp; \u0007 ]]>']
  const overview = overviewOf(names.flatMap(name => rowsOf(name)))
  const streams = names.map(name => ({ ...events, name, topic: name }))
  const file = pictureFile(dataOf(overview, {}, streams))
  const elements = elementsOf(file)
  expect(elements[0]).toBe('svg')
  expect(elements).not.toContain('script')
  expect(file).toMatch(/^<svg\s+xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*><style>:root\{/)
  expect(file).toContain('01_stream_kafka_to_bronze')
  expect(file).toContain('bronze.events')
  expect(file).not.toContain('\u0007')
})

test('of a lake that was never looked at it shows the parts, and that nothing is known of them', () => {
  const file = pictureFile(dataOf(undefined))
  expect(elementsOf(file).filter(name => name === 'rect').length).toBeGreaterThan(10)
  expect(file).toContain('not run yet')
})
