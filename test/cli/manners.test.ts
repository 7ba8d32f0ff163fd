import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { Arguments } from '../../shared/cli/arguments/arguments.js'
import { CliError } from '../../shared/cli/cliError.js'
import { commands } from '../../shared/cli/commandList.js'
import { ProgressBar } from '../../shared/cli/output/progressBar.js'
import { lake, TextOutput } from './testShell.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-manners-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** The words of a command line as a shell has them. */
const wordsOf = (line: string) =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? '')

describe('help', () => {
  test.each(Object.keys(commands))('the examples of %s are command lines that it takes', async name => {
    const command = await commands[name]?.()
    expect(command?.examples.length).toBeGreaterThan(0)
    for (const example of command?.examples ?? []) {
      const [, ownWords] =
        /(?:npx )?lake (.*?)(?:\)| \| .*)?$/.exec(example.replace(/^.* \| (lake append)/, '$1')) ?? []
      const [first, ...rest] = wordsOf(ownWords ?? '')
      expect(first).toBe(name)
      if (command !== undefined) expect(() => Arguments.parse(name, command, rest), example).not.toThrow()
    }
    expect((await lake([name, '--help'])).output).toContain(command?.examples[0])
  })
})

describe('--format', () => {
  test.each(['create', 'append', 'vacuum', 'optimize', 'checkpoint', 'snapshot', 'env', 'alter'])(
    '%s prints no rows: it is refused, and not in the help',
    async name => {
      const command = [name, ...(name === 'env' ? [] : [join(folder, 'table')])]
      for (const words of [['--format', 'csv'], ['--format=csv']]) {
        expect(await lake([...command, ...words])).toMatchObject({
          code: 1,
          messages: `error: lake ${name} prints no rows, so it has no --format. See: lake ${name} --help\n`,
        })
      }
      expect((await lake([name, '--help'])).output).not.toMatch(/^ {2}--format/m)
    },
  )

  test.each(['sql', 'read', 'tables', 'run'])('%s has it', async name => {
    expect((await lake([name, '--help'])).output).toContain('--format')
  })
})

describe('Ctrl-C in a progress bar', () => {
  test('ends the line, and nothing is drawn behind it', async () => {
    const output = new TextOutput({ isTerminal: true })
    let now = 0
    const bar = new ProgressBar(output, () => (now += 1_000))
    bar.show({ rows: 10, covered: 5n, total: 10n })
    await bar.end()
    bar.show({ rows: 20, covered: 10n, total: 10n })
    await bar.end()
    expect(output.text).toMatch(/^\r\[#+\.+\] +50 %[^\n]*\n$/)
  })

  test('says what was kept, and does not wait for what does not come', async () => {
    // Takes connections and never answers.
    const server = createServer(() => undefined)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const interruption = new AbortController()
    const messages = new TextOutput({ isTerminal: true })
    const environment = { KAFKA_BROKERS: `127.0.0.1:${port}`, LAKE_URL: pathToFileURL(join(folder, 'lake')).href }
    const connected = new Promise<void>(resolve =>
      server.once('connection', () => {
        resolve()
      }),
    )
    const running = lake(['backfill'], { environment, messages, signal: interruption.signal, projectFolder: folder })
    await connected
    interruption.abort(new CliError('INTERRUPTED', 'Interrupted.'))
    expect(await running).toMatchObject({ code: 130, output: '' })
    expect(messages.text).toContain(
      'Interrupted. 0 rows are committed and stay; the next backfill goes on behind them.\n',
    )
    server.close()
  })
})
