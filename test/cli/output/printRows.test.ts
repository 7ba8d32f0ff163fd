import { Writable } from 'node:stream'

import { describe, expect, test } from 'vitest'

import type { ColumnBatch, RowSource } from '../../../shared/cli/output/columnBatch.js'
import { StreamOutput } from '../../../shared/cli/output/output.js'
import { csvLine, printRows } from '../../../shared/cli/output/printRows.js'
import { TextOutput } from '../testShell.js'

function source(batches: readonly ColumnBatch[], taken: { count: number } = { count: 0 }): RowSource {
  return {
    fields: [
      { name: 'id', type: 'long', nullable: true },
      { name: 'text', type: 'string', nullable: true },
    ],
    batches: (async function* () {
      for (const batch of batches) {
        await Promise.resolve()
        taken.count++
        yield batch
      }
    })(),
  }
}

const some: ColumnBatch = { rows: 3, columns: [BigInt64Array.from([1n, 2n ** 60n, -3n]), ['a,b', '', null]] }

describe('printing rows', () => {
  test('one JSON object a line', async () => {
    const output = new TextOutput()
    await printRows(output, 'jsonl', source([some]))
    expect(output.text).toBe('{"id":1,"text":"a,b"}\n{"id":1152921504606846976,"text":""}\n{"id":-3,"text":null}\n')
  })

  test('CSV distinguishes an empty text from a null', async () => {
    const output = new TextOutput()
    await printRows(output, 'csv', source([some]))
    expect(output.text).toBe('id,text\n1,"a,b"\n1152921504606846976,""\n-3,\n')
  })

  test('CSV for spreadsheets has no text that one of them would run, and leaves numbers alone', async () => {
    const output = new TextOutput()
    const texts = ['=1+1', '+cmd', '-x', '@SUM(A1)', '\t=1', ' =1', 'a=1', '']
    await printRows(
      output,
      'csv-safe',
      source([{ rows: 8, columns: [BigInt64Array.from([-1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]), texts] }]),
    )
    expect(output.text).toBe("id,text\n-1,'=1+1\n2,'+cmd\n3,'-x\n4,'@SUM(A1)\n5,'\t=1\n6,' =1\n7,a=1\n8,\"\"\n")
  })

  test.each(['table', 'csv', 'jsonl'] as const)(
    '%s: neither names nor values reach a terminal as commands',
    async format => {
      let text = ''
      const terminal = Object.assign(
        new Writable({
          write: (chunk: Buffer, _, done) => {
            text += chunk.toString()
            done()
          },
        }),
        { isTTY: true },
      )
      const evil = 'a\u001b]0;title\u0007\u009b2J\u202eb'
      const { batches } = source([{ rows: 1, columns: [[evil]] }])
      const output = new StreamOutput(terminal)
      await printRows(output, format, { fields: [{ name: evil, type: 'string', nullable: true }], batches })
      await output.end()
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
      expect(text).toContain('2J')
    },
  )

  test('CSV quotes what would end a cell or a line', () => {
    expect(csvLine(['a"b', 'c\nd', undefined])).toBe('"a""b","c\nd",\n')
  })

  test('a table aligns its columns and counts its rows, over several pieces', async () => {
    const output = new TextOutput()
    await printRows(output, 'table', source([some, { rows: 1, columns: [[7n], ['x\ny\u001b[2J']] }]))
    expect(output.text.split('\n')).toEqual([
      'id                   text',
      '-------------------  -----------',
      '                  1  a,b',
      '1152921504606846976',
      '                 -3  NULL',
      '                  7  x\\ny\\x1b[2J',
      '(4 rows)',
      '',
    ])
  })

  test.each([80, 30, 28, 21, 19, 5])(
    'on a terminal of %i characters no line is longer, and no number is cut',
    async columns => {
      const output = new TextOutput({ isTerminal: true, columns })
      await printRows(output, 'table', source([{ rows: 1, columns: [[2n ** 60n], ['y'.repeat(70)]] }]))
      const lines = output.text.split('\n')
      const table = lines.slice(0, -2)
      expect(Math.max(...table.map(line => line.length))).toBeLessThanOrEqual(columns)
      if (columns >= 19) expect(table[2]).toContain('1152921504606846976')
      if (columns < 29) expect(lines.at(-2)).toBe('(1 row; too narrow for text; --format jsonl shows everything)')
      else expect(table[2]).toMatch(/y…$/)
    },
  )

  test('a pipe has no width: nothing is left out there', async () => {
    const output = new TextOutput({ columns: 20 })
    await printRows(output, 'table', source([{ rows: 1, columns: [[2n ** 60n], ['y'.repeat(50)]] }]))
    expect(output.text).toContain('y'.repeat(50))
  })

  test('a long result is taken piece by piece, and no further once the reader has gone', async () => {
    const taken = { count: 0 }
    const wide: ColumnBatch = {
      rows: 1_000,
      columns: [new BigInt64Array(1_000), new Array<string>(1_000).fill('x'.repeat(100))],
    }
    const output = new TextOutput({ closesAt: 100_000 })
    await expect(
      printRows(output, 'jsonl', source(new Array<ColumnBatch>(50).fill(wide), taken)),
    ).rejects.toMatchObject({ code: 'OUTPUT_CLOSED' })
    expect(taken.count).toBeLessThan(5)
  })

  test('a table without rows still says its columns', async () => {
    const output = new TextOutput()
    await printRows(output, 'table', source([]))
    expect(output.text).toBe('id  text\n--  ----\n(0 rows)\n')
  })
})
