import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { startDockerBroker } from '../../infra/local/dockerKafka.js'

let folder: string

/** Stands for Docker: notes what it is asked, and has a broker that is ready at once. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fake-docker-'))
  const calls = join(folder, 'calls')
  writeFileSync(
    join(folder, 'docker'),
    `#!/bin/sh
echo "$*" >> "${calls}"
case "$1" in
  run) echo 0123456789abcdef ;;
  logs) echo 'Kafka Server started' ;;
  wait) while [ ! -e "${folder}/stopped" ]; do sleep 0.05; done; echo 0 ;;
  stop) touch "${folder}/stopped" ;;
esac
`,
  )
  chmodSync(join(folder, 'docker'), 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

async function volumeAfter(stateFolder: string): Promise<string | undefined> {
  rmSync(join(folder, 'stopped'), { force: true })
  const broker = await startDockerBroker(9092, stateFolder)
  await broker.stop()
  expect(await broker.exited).toBe('code 0')
  const runs = readFileSync(join(folder, 'calls'), 'utf8')
    .split('\n')
    .filter(line => line.startsWith('run '))
  return / -v (\S+):/.exec(runs.at(-1) ?? '')?.[1]
}

test('two checkouts have volumes of their own, and each the same again', async () => {
  const one = await volumeAfter('/home/me/one/.lake/kafka/state')
  const other = await volumeAfter('/home/me/größer & two/.lake/kafka/state')
  expect(one).toMatch(/^[a-zA-Z0-9][\w.-]+$/)
  expect(other).toMatch(/^[a-zA-Z0-9][\w.-]+$/)
  expect(other).not.toBe(one)
  expect(await volumeAfter('/home/me/one/.lake/kafka/state')).toBe(one)
})
