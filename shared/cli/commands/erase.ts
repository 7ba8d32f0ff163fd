import { readFile } from 'node:fs/promises'

import { sqlName } from '../../contract/index.js'
import type { ErasureReport } from '../../pipeline/erasure/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { confirm } from '../confirm.js'
import { formatOf, printRecords } from '../output/index.js'

/**
 * `lake erase`: takes keys out of every layer for good, and with them all older versions. It asks first.
 * @throws CliError DECLINED unless the answer is yes
 */
export const erase: Command = {
  usage: 'erase <stream>',
  summary: 'take keys out of every layer for good, older versions included',
  about:
    'Erases keys from bronze (raw bytes and rejected records included), silver, gold and what became of rejected records; ' +
    'computes the summary again; then deletes all older versions of these tables, log and files, so that time travel begins ' +
    'anew; it waits two minutes with that, until no writer is behind. Their offsets stay marked, so that nothing reads them again. Called again it finishes what a killed call left. ' +
    'Kafka is not touched, nor are models, exports and other copies; where the storage keeps deleted blobs (soft delete, ' +
    'versions), it has the bytes for its days.',
  printsRows: true,
  examples: [
    'lake erase events --key 4711',
    'lake erase events --key a --key b --yes',
    'lake erase events --keys-from keys.txt',
  ],
  positionals: { least: 1, most: 1 },
  options: {
    key: { value: 'KEY', repeats: true, about: "a value of the stream's key; more than one may be given" },
    'keys-from': { value: 'FILE', about: 'keys, one a line; a line that is a JSON text is read as such' },
    yes: { about: 'do it without asking' },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const keys = [...args.values('key'), ...(await keysIn(args.text('keys-from')))]
    if (keys.length === 0)
      throw new CliError('USAGE', 'Say which key, with --key or --keys-from. See: lake erase --help')
    await using lake = await openCliLake(context, args)
    const stream = streamNamed(lake, args.positional(0))
    if (!args.flag('yes')) {
      await context.messages.write(
        `This erases ${keys.length === 1 ? 'one key' : `${keys.length} keys`} of ${stream.name} from every layer, and it cannot be undone. ` +
          'History and time travel of its tables before now end: their older files and log entries are deleted, ' +
          'two minutes after the rows, when no writer is behind any more. ' +
          'The marks that keep Kafka from bringing it back are rows of bronze: where its folder is deleted, or what bronze never had is read, erase again.\n',
      )
      await confirm(context, 'Erase?')
    }
    const { eraseKeys } = await import('../../pipeline/erasure/index.js')
    const report = await eraseKeys(lake, stream, keys)
    await context.messages.write(reportText(report))
    await printRecords(
      context.output,
      format,
      columns,
      report.tables.map(table => ({
        table: sqlName(table.path),
        rows: table.rows,
        filesRewritten: table.filesRewritten,
        filesDeleted: table.filesDeleted,
        bytesDeleted: table.bytesDeleted,
        logFilesDeleted: table.logFilesDeleted,
        filesUnnamed: table.filesUnnamed,
        erasure: report.id,
      })),
    )
  },
}

const columns = ['table', 'rows', 'filesRewritten', 'filesDeleted', 'bytesDeleted', 'logFilesDeleted']

async function keysIn(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return []
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CliError('USAGE', `--keys-from ${path} cannot be read: ${(error as Error).message}`)
  })
  return text
    .split(/\r?\n/)
    .filter(line => line !== '')
    .map(keyOf)
}

function keyOf(line: string): string {
  if (!line.startsWith('"')) return line
  try {
    const found: unknown = JSON.parse(line)
    return typeof found === 'string' ? found : line
  } catch {
    return line
  }
}

function reportText({ id, digests, salt, tables }: ErasureReport): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const unnamed = tables.reduce((sum, table) => sum + table.filesUnnamed, 0)
  return [
    rows === 0
      ? 'Nothing found: no table has a row of it. Older versions are deleted all the same.'
      : `${rows} rows erased.`,
    `Erasure ${id}. The lake keeps HMAC-SHA-256 of each key: ${digests.join(', ')}.`,
    `The salt is kept nowhere else; with it and the key, this erasure can be proved: ${salt}`,
    ...(unnamed === 0
      ? []
      : [
          `${unnamed} files of runs at work, or of killed ones, are left: run the erasure again in an hour if any was killed.`,
        ]),
    '',
  ].join('\n')
}
