import { execFile } from 'node:child_process'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { copyProject, type ProjectCopy } from '../../harness/projectCopy.js'
import { StartedStack } from '../../harness/stackProcess.js'
import { streams } from '../../harness/threeStreams/index.js'

interface Produced {
  readonly valid: number
  readonly distinct: number
  readonly late: number
  readonly broken: Readonly<Record<string, number>>
}

let project: ProjectCopy
let stack: StartedStack
const produced = new Map<string, Produced>()

/** A command of the compiled command line, on the running stack. */
function lake(...words: readonly string[]): Promise<{ code: number; output: string; messages: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(KAFKA|LAKE|EVENTHUBS)_|^npm_/.test(name)),
  )
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [project.program('shared/cli/main.js'), ...words],
      { env, cwd: project.folder, maxBuffer: 2 ** 26 },
      (error, output, messages) => {
        resolve({ code: error === null ? 0 : Number(error.code), output, messages })
      },
    )
  })
}

async function rows(...words: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, output, messages } = await lake(...words)
  expect({ code, messages }, words.join(' ')).toEqual({ code: 0, messages: '' })
  return output
    .trimEnd()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)
}

const brokenOf = ({ broken }: Produced) => Object.values(broken).reduce((a, b) => a + b, 0)

async function counts(name: string): Promise<Record<string, unknown> | undefined> {
  const [found] = await rows(
    'sql',
    `SELECT (SELECT count(*) FROM bronze.${name}) AS bronze, (SELECT count(*) FROM bronze.${name}_quarantine) AS quarantine,
            (SELECT count(*) FROM silver.${name}) AS silver, (SELECT count(*) FROM silver.${name} WHERE _late) AS late,
            (SELECT count(*) FROM gold.${name}_scored) AS gold, (SELECT sum(events) FROM gold.${name}_summary) AS summarised`,
  )
  return found
}

const expected = (p: Produced) => ({
  bronze: 400,
  quarantine: brokenOf(p),
  silver: p.distinct,
  late: p.late,
  gold: p.distinct,
  summarised: p.distinct,
})

beforeAll(async () => {
  project = await copyProject('threeStreams')
  // Timers are left out: the tests run the steps themselves.
  const never = Object.fromEntries(
    ['SILVER', 'GOLD', 'MONITOR', 'MAINTENANCE', 'CATCH_UP'].map(step => [`${step}_SCHEDULE`, '0 0 0 1 1 *']),
  )
  stack = await StartedStack.start(project, ['--rate', '0', '--progress', '1'], never)
  await stack.prints(/Ready\./)
})

afterAll(async () => {
  await stack.stop()
  await project.remove()
})

describe('three streams of different shapes on one stack', () => {
  test('the trigger of each stream gets all of its records', async () => {
    for (const { name } of streams) {
      const [record] = await rows(
        'produce',
        '--stream',
        name,
        '--count',
        '400',
        '--seed',
        '11',
        '--broken',
        '8',
        '--late',
        '5',
        '--duplicates',
        '5',
      )
      produced.set(name, record as unknown as Produced)
      expect(brokenOf(record as unknown as Produced)).toBeGreaterThan(0)
    }
    for (const { name } of streams) await stack.prints(new RegExp(`${name}: events 400 \\| bronze 400 .*lag 0 `))
    for (const { name } of streams) {
      const [found] = await rows(
        'sql',
        `SELECT count(*) AS n, count(DISTINCT (_partition, _offset)) AS places, count(DISTINCT _partition) AS partitions FROM bronze.${name}`,
      )
      expect(found).toEqual({ n: 400, places: 400, partitions: 4 })
    }
  })

  test('every layer of every stream reconciles', async () => {
    const reports = await rows('run', 'pipeline')
    expect(reports.filter(r => r['outcome'] === 'failed')).toEqual([])
    for (const { name } of streams) expect(await counts(name)).toEqual(expected(produced.get(name) as Produced))
    const status = await rows('sql', "SELECT DISTINCT table_name, status FROM monitor_logs WHERE status = 'DEGRADED'")
    expect(status).toEqual([])
  })

  test('every command serves each of them', async () => {
    const tables = (await rows('tables')).map(t => t['table'])
    for (const { name } of streams) {
      expect(tables).toEqual(
        expect.arrayContaining([`bronze.${name}`, `silver.${name}`, `gold.${name}_scored`, `gold.${name}_summary`]),
      )
      expect((await rows('read', `silver.${name}`)).length).toBe(produced.get(name)?.distinct)
      await rows('optimize', `silver.${name}`)
      await rows('checkpoint', `bronze.${name}`)
      await rows('vacuum', `gold.${name}_scored`)
    }
    for (const layer of ['silver', 'gold']) await rows('rebuild', layer)
    await rows('backfill')
    for (const step of ['bronze', 'silver', 'gold', 'monitor', 'maintenance']) await rows('run', step)
    for (const { name } of streams) expect(await counts(name)).toEqual(expected(produced.get(name) as Produced))
  })

  test('a reset of one begins a new generation of it and leaves the others alone', async () => {
    const reset = await lake('reset-offsets', 'readings', '--yes')
    expect({ code: reset.code, partitions: reset.output.trimEnd().split('\n').length }, reset.messages).toEqual({
      code: 0,
      partitions: 4,
    })
    await rows('run', 'bronze')
    const generations = await Promise.all(
      streams.map(async ({ name }) => [
        name,
        await rows('sql', `SELECT _generation AS g, count(*) AS n FROM bronze.${name} GROUP BY ALL ORDER BY ALL`),
      ]),
    )
    const once = [{ g: 0, n: 400 }]
    expect(Object.fromEntries(generations)).toEqual({
      orders: once,
      events: once,
      readings: [...once, { g: 1, n: 400 }],
    })
  })
})
