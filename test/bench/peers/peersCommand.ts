import { parseArgs } from 'node:util'

import { machineDescription } from '../machine.js'
import { type Engine, engines } from './peer.js'
import { peersBench } from './peersBench.js'
import { publishPeers } from './peersReport.js'

/**
 * `npm run bench -- peers [events] [--only ours,spark,delta-rs] [--rounds 3] [--seconds 60]`: compares, and writes
 * docs/figures.md when all were compared.
 *
 * @returns the table, with what it was measured on
 * @throws Error for a name that is none of theirs
 */
export async function peersCommand(args: readonly string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, rounds: { type: 'string' }, seconds: { type: 'string' } },
    allowPositionals: true,
  })
  const only = values.only === undefined ? engines : values.only.split(',').map(engineOf)
  const begun = await machineDescription('python3')
  const live = { rate: 1_000, before: 15, seconds: Number(values.seconds ?? 60) }
  const rows = Number(positionals[0] ?? 1_000_000)
  return publishPeers(await peersBench({ rows, only, rounds: Number(values.rounds ?? 3), live }), begun)
}

function engineOf(name: string): Engine {
  const found = engines.find(engine => engine === name)
  if (found === undefined) throw new Error(`${name} is none of ${engines.join(', ')}.`)
  return found
}
