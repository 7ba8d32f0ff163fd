import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { formatJson, isJsonObject, type JsonObject, parseJson } from '../../shared/types/index.js'
import { lake } from '../cli/testShell.js'
import { prepareOtherReaders, tableContent } from '../harness/otherReaders.js'

interface Case {
  readonly name: string
  readonly statements: readonly string[]
  /** Ask for times around each commit. */
  readonly moments?: true
  /** Versions [from, to] of change feeds; to the newest when null. */
  readonly changes?: readonly (readonly [number, number | null])[]
  readonly versions?: readonly number[]
  /** A version to restore the table to, in a copy. */
  readonly restore?: number
}

const feed = "'delta.enableChangeDataFeed'='true'"
const vectors = "'delta.enableDeletionVectors'='true'"
const mapped = "'delta.columnMapping.mode'='name'"

const cases: readonly Case[] = [
  {
    name: 'columns were added',
    statements: [
      `CREATE TABLE {t} (id INT, v STRING, st STRUCT<a: INT>) USING delta TBLPROPERTIES (${feed})`,
      "INSERT INTO {t} VALUES (1,'a',named_struct('a',1)),(2,'b',named_struct('a',2))",
      'ALTER TABLE {t} ADD COLUMN w DECIMAL(10,2)',
      'ALTER TABLE {t} ADD COLUMN st.b STRING',
      "INSERT INTO {t} VALUES (3,'c',named_struct('a',3,'b','x'),1.5)",
      'UPDATE {t} SET w=2 WHERE id=1',
    ],
    changes: [
      [0, null],
      [1, 1],
      [1, 3],
      [5, 5],
      [9, null],
      [3, 2],
    ],
    restore: 1,
  },
  {
    name: 'rows were deleted by vectors, merged and restored',
    statements: [
      `CREATE TABLE {t} (id BIGINT, v STRING, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES (${feed}, ${vectors}, 'delta.enableRowTracking'='true')`,
      "INSERT INTO {t} SELECT id, concat('v', id), id % 3 FROM range(0, 100, 1, 1)",
      'DELETE FROM {t} WHERE id % 10 = 0',
      "MERGE INTO {t} t USING (SELECT id + 90 AS id, 'm' AS v, CAST((id+90) % 3 AS INT) AS p FROM range(0, 20)) s ON t.id=s.id " +
        'WHEN MATCHED AND s.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *',
      'RESTORE TABLE {t} TO VERSION AS OF 2',
      'RESTORE TABLE {t} TO VERSION AS OF 1',
      'MERGE INTO {t} t USING (SELECT 1000 AS id) s ON t.id=s.id WHEN MATCHED THEN DELETE',
      "UPDATE {t} SET v = 'u' WHERE p = 1 AND id < 20",
    ],
    changes: [
      [0, null],
      [2, 2],
      [3, 3],
      [4, 4],
      [5, 5],
      [6, 6],
      [7, 7],
    ],
    versions: [1, 2, 3, 4, 5, 7],
    restore: 3,
  },
  {
    name: 'columns were renamed and dropped',
    statements: [
      `CREATE TABLE {t} (id INT, v STRING, w INT) USING delta TBLPROPERTIES (${feed}, ${mapped})`,
      "INSERT INTO {t} VALUES (1,'a',1)",
      'ALTER TABLE {t} RENAME COLUMN v TO vv',
      "UPDATE {t} SET vv='b'",
      'ALTER TABLE {t} DROP COLUMN w',
      "INSERT INTO {t} VALUES (2,'c')",
      'ALTER TABLE {t} ADD COLUMN x INT',
    ],
    changes: [
      [0, 1],
      [0, null],
      [1, 3],
      [2, 3],
      [3, null],
      [4, null],
      [5, 5],
    ],
    restore: 1,
  },
  {
    name: 'another schema was put over the old one',
    statements: [
      `CREATE TABLE {t} (id INT, v STRING) USING delta TBLPROPERTIES (${feed})`,
      "INSERT INTO {t} VALUES (1,'a')",
      `CREATE OR REPLACE TABLE {t} USING delta TBLPROPERTIES (${feed}) AS SELECT 'x' AS name, 2 AS w`,
    ],
    changes: [
      [0, 1],
      [0, null],
      [2, 2],
    ],
    restore: 1,
  },
  {
    name: 'commits say their own time from some version on',
    statements: [
      `CREATE TABLE {t} (id INT, v STRING) USING delta TBLPROPERTIES (${feed})`,
      "INSERT INTO {t} VALUES (1,'a')",
      "ALTER TABLE {t} SET TBLPROPERTIES ('delta.enableInCommitTimestamps'='true')",
      "INSERT INTO {t} VALUES (2,'b')",
    ],
    moments: true,
    changes: [[0, null]],
    restore: 1,
  },
  {
    name: 'columns are clustered by others than before',
    statements: [
      'CREATE TABLE {t} (id BIGINT, v STRING) USING delta CLUSTER BY (id)',
      "INSERT INTO {t} SELECT id, 'a' FROM range(0,50,1,1)",
      'ALTER TABLE {t} CLUSTER BY (v)',
      "INSERT INTO {t} SELECT id, 'b' FROM range(50,80,1,1)",
    ],
    restore: 1,
  },
]

interface Answer {
  readonly table: string
  readonly words: readonly string[]
  readonly file?: string
  readonly error?: string
}

let folder: string
let answers: readonly Answer[] = []
const folderOf = (name: string) => join(folder, `t${cases.findIndex(of => of.name === name)}`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'past-'))
  const plan = join(folder, 'plan.json')
  await writeFile(plan, JSON.stringify(cases.map(of => ({ ...of, folder: folderOf(of.name) }))))
  const printed = await (await prepareOtherReaders()).run('past_spark.py', [plan])
  answers = printed
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Answer)
}, 1_500_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

async function rowsOf(words: readonly string[]): Promise<readonly string[] | 'refused'> {
  const { code, output } = await lake(words)
  return code === 0 ? tableContent({}, output.trim() === '' ? [] : output.trimEnd().split('\n')).rows : 'refused'
}

async function sparkRows({ file }: Answer): Promise<readonly string[] | 'refused'> {
  if (file === undefined) return 'refused'
  const [, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n')
  return tableContent({}, lines).rows
}

/** The last commit, without what differs from one writer to the next. */
async function lastCommit(table: string): Promise<readonly JsonObject[]> {
  const log = join(table, '_delta_log')
  const names = (await readdir(log)).filter(name => /^\d{20}\.json$/.test(name)).sort()
  const lines = (await readFile(join(log, names.at(-1) ?? ''), 'utf8')).trimEnd().split('\n')
  return lines.map(line => parseJson(line)).filter(isJsonObject)
}

function filesOf(actions: readonly JsonObject[]): readonly string[] {
  const key = ({ path, deletionVector, dataChange, size, baseRowId }: JsonObject) =>
    formatJson([path ?? null, deletionVector ?? null, dataChange ?? null, size ?? null, baseRowId ?? null])
  return actions
    .flatMap(({ add, remove }) => [
      ...(isJsonObject(add) ? [`add ${key(add)}`] : []),
      ...(isJsonObject(remove) ? [`remove ${key(remove)}`] : []),
    ])
    .sort()
}

describe.each(cases.map(of => of.name))('a table whose %s', name => {
  test('has the past that Spark sees', async () => {
    const asked = answers.filter(({ table, words }) => table === name && words[0] !== 'restore')
    for (const answer of asked) {
      const [command = '', ...more] = answer.words
      const ours = await rowsOf([command, folderOf(name), ...more])
      expect([answer.words, ours]).toEqual([answer.words, await sparkRows(answer)])
    }
  })

  test('is restored by the files, and to the rows, that Spark restores', async () => {
    const [answer] = answers.filter(({ table, words }) => table === name && words[0] === 'restore')
    const table = folderOf(name)
    const copy = `${table}.ours`
    await cp(table, copy, { recursive: true })
    const { messages } = await lake(['restore', copy, ...(answer?.words.slice(1) ?? [])])
    expect(messages).toBe('')
    const [ours, theirs] = await Promise.all([lastCommit(copy), lastCommit(`${table}.restored`)])
    expect(filesOf(ours)).toEqual(filesOf(theirs))
    const metricsOf = (actions: readonly JsonObject[]) =>
      actions.flatMap(({ commitInfo }) =>
        isJsonObject(commitInfo) ? [[commitInfo['operationParameters'], commitInfo['operationMetrics']]] : [],
      )
    expect(metricsOf(ours)).toEqual(metricsOf(theirs))
    expect(await rowsOf(['read', copy])).toEqual(answer === undefined ? [] : await sparkRows(answer))
  })
})
