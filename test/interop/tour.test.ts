import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { stackState } from '../../shared/cli/index.js'
import { castSvg } from '../harness/castSvg.js'
import { Recording } from '../harness/recording.js'
import { copySources } from '../harness/sourceCopy.js'
import { isStackStep, missingLine, Terminal, tourSteps } from '../harness/tour.js'

/** Where to draw what was seen, by `npm run tour`. */
const picture = process.env['TOUR_PICTURE']
const size = { columns: 132, rows: 36 }

let place: ReturnType<typeof copySources>
let stack: Terminal | undefined

beforeAll(() => {
  place = copySources()
})
afterAll(async () => {
  await stop()
  place.remove()
})

async function stop(): Promise<void> {
  if (stack === undefined) return
  stack.interrupt()
  await stack.prints(['Stopped.'])
  await stack.ended
  stack = undefined
}

/** Of a reader's shell: no settings of this process, and where blob storage is when its usual port is taken. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(KAFKA|LAKE|EVENTHUBS|VITEST|NODE|npm)_/i.test(name))
  const state = stackState(place.folder)
  const blob = state.kind === 'running' ? new URL(state.stack.lakeUrl).origin : undefined
  return { ...Object.fromEntries(own), ...(blob === undefined ? {} : { AZURITE_BLOB_STORAGE_URL: blob }) }
}

/** Of the stack's lines those that a reader looks at; the others are the figures of each few seconds. */
const isOfStack = (line: string) => /^(Kafka|Lake|Functions|Page|Events|Ready|Stopp)/.test(line)

test('the tour, word by word: each command does what its reader is told', async () => {
  const steps = tourSteps()
  expect(steps.length).toBeGreaterThan(10)
  const recording = new Recording(size.columns, place.folder)
  let shown = ''
  for (const { heading, commands, prints } of steps) {
    if (heading !== shown) recording.show('heading', `# ${(shown = heading)}`)
    for (const command of commands.trimEnd().split('\n')) recording.show('command', `$ ${command}`)
    if (isStackStep(commands)) {
      await stop()
      stack = new Terminal(place.folder, 'npm start', environment(), recording.printer(isOfStack))
      await stack.prints(prints)
      if (picture !== undefined) await sleep(20_000)
      continue
    }
    const printed = recording.printer(line => line.trim() !== '' && !line.startsWith('>'))
    const terminal = new Terminal(place.folder, commands, environment(), printed)
    const code = await terminal.ended
    const told = `${heading}\n${commands}\n${terminal.output}`
    expect(code, told).toBe(0)
    expect(missingLine(prints, terminal.output), told).toBeUndefined()
  }
  await stop()
  if (picture === undefined) return
  mkdirSync(dirname(picture), { recursive: true })
  writeFileSync(picture, castSvg(recording.lines, size))
})
