import type { Command } from './command.js'

/** Every command by its name, in the order of the help; each is loaded when it is called. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  sql: async () => (await import('./commands/sql.js')).sql,
  tables: async () => (await import('./commands/tables.js')).tables,
  read: async () => (await import('./commands/read.js')).read,
  changes: async () => (await import('./commands/changes.js')).changes,
  snapshot: async () => (await import('./commands/snapshot.js')).snapshot,
  history: async () => (await import('./commands/history.js')).history,
  create: async () => (await import('./commands/create.js')).create,
  append: async () => (await import('./commands/append.js')).append,
  overwrite: async () => (await import('./commands/overwrite.js')).overwrite,
  delete: async () => (await import('./commands/delete.js')).deleteCommand,
  update: async () => (await import('./commands/update.js')).update,
  merge: async () => (await import('./commands/merge.js')).merge,
  alter: async () => (await import('./commands/alter.js')).alter,
  optimize: async () => (await import('./commands/optimize.js')).optimize,
  vacuum: async () => (await import('./commands/vacuum.js')).vacuum,
  restore: async () => (await import('./commands/restore.js')).restore,
  checkpoint: async () => (await import('./commands/checkpoint.js')).checkpoint,
  env: async () => (await import('./commands/env.js')).env,
  contract: async () => (await import('./commands/contract.js')).contract,
  produce: async () => (await import('./commands/produce.js')).produce,
  run: async () => (await import('./commands/run.js')).run,
  backfill: async () => (await import('./commands/backfill.js')).backfill,
  rebuild: async () => (await import('./commands/rebuild.js')).rebuild,
  'reset-offsets': async () => (await import('./commands/resetOffsets.js')).resetOffsetsCommand,
}
