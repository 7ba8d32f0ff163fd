import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { createTopics } from '../../../infra/local/index.js'
import { startBroker } from '../../../infra/local/kafka/index.js'
import { copyProject } from '../../harness/projectCopy.js'
import { freePorts, isAlive, StartedStack } from '../../harness/stackProcess.js'

const started: StartedStack[] = []
afterEach(async () => {
  for (const stack of started.splice(0)) {
    if (stack.child.exitCode === null) await stack.stop()
    await stack.project.remove()
  }
})

/** Two of them at the same moment, in projects of their own, with the same preferred ports. */
async function startTwo(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const preferred = await freePorts(3)
  const projects = [await copyProject(), await copyProject()]
  const stacks = await Promise.all(projects.map(project => StartedStack.start(project, args, env, preferred)))
  started.push(...stacks)
  for (const stack of stacks) await stack.prints(/Ready\./)
  return stacks
}

const metricsOf = (stack: StartedStack) => /http:\S+\/metrics/.exec(stack.output)?.[0]

test('two stacks that start at the same moment have ports, a broker and a lake each', async () => {
  const stacks = await startTwo(['--rate', '50', '--progress', '1'])
  for (const stack of stacks) {
    const { events } = await stack.progress(p => p.events > 0)
    await stack.progress(p => p.bronze >= events)
  }
  const states = stacks.map(stack => stack.state)
  for (const address of ['kafkaBrokers', 'lakeUrl', 'functionsUrl'] as const)
    expect(new Set(states.map(state => state?.[address])).size, address).toBe(2)
  expect(new Set(stacks.map(metricsOf)).size).toBe(2)
  const pids = states.flatMap(state => Object.values(state?.processes ?? {}))
  expect(pids.map(isAlive)).toEqual(Array(8).fill(true))
  // Who has lost its port to the other is started on the next one before it is a part: nothing ends and comes back.
  for (const stack of stacks) expect(stack.output).not.toMatch(/ended|failed|error/i)
  expect(await Promise.all(stacks.map(stack => stack.stop()))).toEqual([0, 0])
})

test('of brokers that start on one port at the same moment one has it; the other is not ready by its answers; nor is blob storage, and metrics of idle hosts are apart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'one-port-'))
  const [port = 0] = await freePorts(1)
  const start = (name: string) => startBroker({ stateFolder: join(folder, name), port, heap: 256 })
  const results = await Promise.allSettled([start('one'), start('other')])
  const ready = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.flatMap(result => (result.status === 'rejected' ? [result.reason as Error] : []))
  try {
    expect(ready.map(broker => isAlive(broker.pid))).toEqual([true])
    expect(failed.map(({ message }) => message)).toEqual([expect.stringMatching(/in use/)])
    const [broker] = ready
    await createTopics(broker?.brokers ?? '', ['events'])
    // Beside one broker they come to blob storage together; without events no function has run that shows metrics.
    const stacks = await startTwo(['--rate', '0'], { KAFKA_BROKERS: broker?.brokers ?? '' })
    const lakes = stacks.map(stack => stack.state?.lakeUrl)
    const metrics = stacks.map(metricsOf)
    const storages = stacks.map(stack => isAlive(stack.pid('Azurite')))
    expect(await Promise.all(stacks.map(stack => stack.stop()))).toEqual([0, 0])
    expect([new Set(lakes).size, storages, new Set(metrics).size]).toEqual([2, [true, true], 2])
  } finally {
    for (const broker of ready) await broker.stop()
    await rm(folder, { recursive: true, force: true })
  }
})
