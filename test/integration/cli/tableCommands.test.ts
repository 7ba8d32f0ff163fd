import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const bin = join(resolve(import.meta.dirname, '../../..'), 'dist/shared/cli/main.js')

let folder: string

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly messages: string
}

/** Runs a process of its own; `input` goes through a pipe. */
function lake(words: readonly string[], input = ''): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [bin, ...words], {
      cwd: folder,
      env: { ...process.env, LAKE_URL: pathToFileURL(join(folder, 'lake')).href },
    })
    let [output, messages] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (messages += text))
    child.on('error', failed).on('close', code => {
      done({ code, output, messages })
    })
    // A command that takes no input may have ended before it was written.
    child.stdin.on('error', () => undefined).end(input)
  })
}

beforeAll(async () => {
  if (!existsSync(bin)) throw new Error(`${bin} is missing; run \`npm run build\` first`)
  folder = await mkdtemp(join(tmpdir(), 'lake-tables-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the compiled command line, on tables of others', () => {
  test('many rows go through a pipe from one table to another, and the table has its past', async () => {
    const schema = ['--schema', 'id BIGINT NOT NULL, name STRING, n DECIMAL(10,2)']
    const lines = Array.from({ length: 25_000 }, (_, i) => `{"id":${i},"name":"row ${i} ä","n":"${i}.50"}`)
    expect(await lake(['create', './first', ...schema, '--property', 'delta.enableChangeDataFeed=true'])).toMatchObject(
      { code: 0, messages: '' },
    )
    expect(await lake(['append', './first', '--from', '-'], lines.join('\n'))).toMatchObject({ code: 0, messages: '' })
    const read = await lake(['read', './first'])
    expect(read.output.trimEnd().split('\n')).toEqual(lines)
    expect(await lake(['create', './second', '--from', '-', ...schema], read.output)).toMatchObject({
      code: 0,
      messages: '',
    })
    expect((await lake(['read', './second'])).output).toBe(read.output)

    expect(await lake(['delete', './first', '--where', 'id % 2 = 0'])).toMatchObject({ code: 0, messages: '' })
    expect(await lake(['update', './first', '--set', "name = 'u'", '--where', 'id = 1'])).toMatchObject({
      code: 0,
      messages: '',
    })
    const changes = await lake(['changes', './first', '--from', '3', '--columns', 'id,name,_change_type'])
    expect(changes.output.trimEnd().split('\n').sort()).toEqual([
      '{"id":1,"name":"row 1 ä","_change_type":"update_preimage"}',
      '{"id":1,"name":"u","_change_type":"update_postimage"}',
    ])
    expect(await lake(['restore', './first', '--version', '1'])).toMatchObject({ code: 0, messages: '' })
    expect((await lake(['read', './first'])).output).toBe(read.output)
  })

  test('nobody is asked where nobody is there, and nothing is done', async () => {
    await lake(['create', './kept', '--from', '-'], '{"id":1}\n')
    expect(await lake(['delete', './kept'], 'y\n')).toMatchObject({
      code: 1,
      output: '',
      messages: expect.stringMatching(/say --yes/) as unknown,
    })
    expect((await lake(['read', './kept'])).output).toBe('{"id":1}\n')
  })
})
