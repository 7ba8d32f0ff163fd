import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { copyProject, type ProjectCopy } from '../../harness/projectCopy.js'
import { freePorts, isAlive, StartedStack } from '../../harness/stackProcess.js'

let project: ProjectCopy
let stack: StartedStack | undefined

beforeAll(async () => {
  project = await copyProject()
})
afterEach(async () => {
  if (stack?.child.exitCode === null) await stack.stop()
})
afterAll(() => project.remove())

async function gone(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid), { timeout: 120_000, interval: 100 }).toBe(false)
}

describe('npm start as a supervisor', () => {
  test('a part that is killed is named and started again; the state names its new process; Ctrl-C ends all of them', async () => {
    const s = (stack = await StartedStack.start(project, ['--rate', '20', '--progress', '1']))
    await s.prints(/Ready\./)
    for (const part of ['Functions', 'Producer', 'Kafka', 'Azurite']) {
      const pid = s.pid(part)
      const before = s.output.length
      process.kill(pid, 'SIGKILL')
      await s.prints(new RegExp(`${part} ended \\(SIGKILL\\); it is started again in 1 s`), before)
      await s.prints(new RegExp(`${part} runs again \\(pid \\d+\\)`), before)
      await expect.poll(() => s.state?.processes[part] ?? pid).not.toBe(pid)
      expect(isAlive(s.pid(part))).toBe(true)
      if (part === 'Azurite') await s.prints(/Functions runs again/, before)
    }
    // A lag of 0 would be seen only between a commit and the next event: what is waited for are events sent since.
    const old = (await s.progress(() => true)).events
    const { events } = await s.progress(p => p.events > old)
    await s.progress(p => p.bronze >= events)
    const pids = Object.values(s.state?.processes ?? {})
    expect(pids).toHaveLength(4)
    expect(await s.stop()).toBe(0)
    expect(s.output).toMatch(/Stopped\.\n$/)
    expect(s.state).toBeUndefined()
    for (const pid of pids) await gone(pid)
  })

  test('a stack that is killed leaves nothing behind, not even Kafka, and the next one begins', async () => {
    const s = (stack = await StartedStack.start(project, ['stack']))
    await s.prints(/Ready\./)
    const pids = Object.values(s.state?.processes ?? {})
    expect(pids.every(isAlive)).toBe(true)
    expect(await s.stop('SIGKILL')).not.toBe(0)
    for (const pid of pids) await gone(pid)
    const next = (stack = await StartedStack.start(project, ['stack']))
    await next.prints(/Ready\./)
    expect(await next.stop()).toBe(0)
    expect(next.state).toBeUndefined()
  })

  test('a state that cannot be written is reported, and what runs goes on', async () => {
    const s = (stack = await StartedStack.start(project, ['stack']))
    await s.prints(/Ready\./)
    // Nobody, not even a superuser, writes a file where a folder is.
    const inTheWay = join(project.folder, '.lake', 'run', 'stack.json.new')
    await mkdir(inTheWay)
    const pid = s.pid('Azurite')
    process.kill(pid, 'SIGKILL')
    await s.prints(/The state of the stack cannot be written \(.+\)/)
    await s.prints(/Azurite runs again/)
    await rmdir(inTheWay)
    expect(await s.stop()).toBe(0)
    expect(s.output.match(/cannot be written/g)).toHaveLength(1)
    expect(s.state).toBeUndefined()
    const unwritable = join(project.folder, '.lake', 'run')
    await rmdir(unwritable)
    await writeFile(unwritable, '')
    const next = (stack = await StartedStack.start(project, ['stack']))
    expect(await next.ended).toBe(1)
    expect(next.output).toMatch(
      /^error: The folder .+ cannot be written to: .+\. Make room on its disk, or let this user write there\.\n$/,
    )
    await rm(unwritable)
  })

  test('an output whose reader is gone is a wish to stop: no trace, no state, nothing left running', async () => {
    const s = (stack = await StartedStack.start(project, ['--rate', '20', '--progress', '1']))
    await s.prints(/Ready\./)
    const pids = Object.values(s.state?.processes ?? {})
    s.child.stdout?.destroy()
    expect(await s.ended).toBe(0)
    expect(s.output).not.toMatch(/EPIPE|at .*\.js:\d/)
    expect(s.state).toBeUndefined()
    for (const pid of pids) await gone(pid)
  })

  test('a broker that is named and cannot be reached is no "Ready": one sentence, exit code 1', async () => {
    const [port] = await freePorts(1)
    const s = (stack = await StartedStack.start(project, [], { KAFKA_BROKERS: `127.0.0.1:${port}` }))
    expect(await s.ended).toBe(1)
    expect(s.output).not.toMatch(/Ready/)
    expect(s.output).toMatch(new RegExp(`error: Kafka at 127.0.0.1:${port} cannot be used: .*KAFKA_BROKERS`))
    expect(s.state).toBeUndefined()
  })

  test('blob storage that is named and cannot be reached likewise', async () => {
    const [port] = await freePorts(1)
    const url = `http://127.0.0.1:${port}/devstoreaccount1/lake`
    const s = (stack = await StartedStack.start(project, [], { LAKE_URL: url }))
    expect(await s.ended).toBe(1)
    expect(s.output).not.toMatch(/Ready/)
    expect(s.output).toMatch(/error: The lake at .* cannot be used: .*LAKE_URL/)
    expect(s.state).toBeUndefined()
  })
})
