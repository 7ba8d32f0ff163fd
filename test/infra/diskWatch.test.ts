import { expect, test } from 'vitest'

import { DiskWatch } from '../../infra/local/diskWatch.js'
import { ManualClock } from '../../shared/clock.js'

/** What is said while the disk has so many megabytes left, look after look; an error is a disk that gives no answer. */
async function saidOf(looks: readonly (number | Error)[]): Promise<readonly string[]> {
  const said: string[] = []
  const left = [...looks]
  let over: () => void = () => undefined
  const isOver = new Promise<void>(resolve => {
    over = resolve
  })
  const freeBytes = async () => {
    await new Promise(next => setImmediate(next))
    const look = left.shift() ?? 500
    if (left.length === 0) over()
    if (look instanceof Error) throw look
    return look * 1024 ** 2
  }
  const watch = new DiskWatch({
    folder: '/lake',
    say: line => void said.push(line),
    clock: new ManualClock(),
    freeBytes,
  })
  await isOver
  await watch.stop()
  return said
}

test('a full disk is reported once, and so is room on it', async () => {
  expect(await saidOf([500, 40, 1.5, 0, 40, 31, 500, 500])).toEqual([
    expect.stringMatching(/^The disk that holds \/lake is full \(1 MB left\): make room on it\./),
    'There is room again on the disk that holds /lake.',
  ])
})

test('a disk that cannot be asked is not taken for full', async () => {
  expect(await saidOf([500, new Error('EIO'), 500])).toEqual([])
})
