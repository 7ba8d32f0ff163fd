import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { commands } from '../../shared/cli/commandList.js'
import type { TableActionName } from '../delta/failpoints/tableActions.js'
import { misnamedStores } from '../harness/failpoints/writeSites.js'
import type { LakeActionName } from '../pipeline/failpoints/lakeActions.js'
import type { ModelActionName } from '../pipeline/failpoints/modelActions.js'

/** What is killed at each of its durable steps; see killedSteps, killedModels and killedTable.test.ts. */
type Killed = LakeActionName | TableActionName | ModelActionName

const nothing: readonly Killed[] = []
const job: readonly Killed[] = ['bronze', 'silver', 'copy', 'gold', 'monitor']

/** What a function writes, by its file. */
const byFunctions: Readonly<Record<string, readonly Killed[]>> = {
  bronze: ['bronze'],
  catchUp: ['bronze'],
  gold: ['gold'],
  health: nothing,
  maintenance: ['maintenance', 'cleanup'],
  models: ['copy', 'copy the next'],
  monitor: ['monitor'],
  page: job,
  pipeline: job,
  silver: ['silver'],
  // The journal of runs that are not recorded yet, as every process leaves it that ends.
  terminate: ['maintenance'],
  training: ['train', 'train again'],
}

/** What a command writes to the lake. */
const byCommands: Readonly<Record<string, readonly Killed[]>> = {
  status: nothing,
  alerts: nothing,
  cost: nothing,
  sql: nothing,
  tables: nothing,
  read: nothing,
  changes: nothing,
  snapshot: nothing,
  history: nothing,
  create: ['create'],
  append: ['append', 'unfinished append'],
  overwrite: ['overwrite'],
  delete: ['delete'],
  update: ['update', 'beaten update'],
  merge: ['merge'],
  alter: ['alter'],
  optimize: ['optimize'],
  vacuum: ['vacuum'],
  restore: ['restore'],
  checkpoint: ['checkpoint', 'clean log', 'compacted log'],
  ddl: nothing,
  env: nothing,
  contract: nothing,
  produce: nothing,
  run: [...job, 'maintenance'],
  pipeline: job,
  pause: ['pause'],
  resume: ['pause'],
  backfill: ['backfill'],
  quarantine: ['replay', 'purge'],
  erase: ['erase'],
  train: ['train'],
  models: ['promote', 'rollback'],
  rebuild: ['swap'],
  rescore: ['rescore'],
  'reset-offsets': ['reset'],
}

test('what each function and each command writes is something that is killed', () => {
  const functions = readdirSync(join(import.meta.dirname, '../../functions')).map(name => name.replace(/\.ts$/, ''))
  expect(Object.keys(byFunctions).sort()).toEqual(functions.sort())
  expect(Object.keys(byCommands)).toEqual(Object.keys(commands))
})

test('stores are called so, or their writes would not be found', () => {
  expect(misnamedStores()).toEqual([])
})
