import { isFramed, type Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import type { ContractFinding } from './contractFinding.js'
import { recordFindings, type RecordSample } from './recordFindings.js'
import { retentionFindings } from './retentionFindings.js'
import { schemaFindings } from './schemaFindings.js'
import { tableFindings } from './tableFindings.js'

/** What a check found, and of how many records. */
export interface ContractReport {
  readonly findings: readonly ContractFinding[]
  readonly tried: number
}

/**
 * Holds a contract against the registry's latest schema, against the tables, and against records that bronze has: what
 * is found before it is deployed is no incident after it. Changes nothing.
 *
 * @param sample its `subject` is `<topic>-value` when absent
 * @throws RegistryError when the registry cannot be asked
 */
export async function checkContract(
  lake: Lake,
  stream: Stream,
  sample: RecordSample & { readonly subject?: string | undefined },
): Promise<ContractReport> {
  const { format, topic } = stream
  const findings: ContractFinding[] = []
  if (isFramed(format)) {
    const found = await lake.formats.fieldsOf(stream.name, sample.subject ?? `${topic}-value`, format)
    if ('fault' in found) findings.push({ against: 'schema', verdict: 'note', field: '', message: found.fault })
    else findings.push(...schemaFindings(stream, found.fields))
  }
  findings.push(...(await tableFindings(lake, stream)), ...(await retentionFindings(lake, stream)))
  const { tried, findings: ofRecords } = await recordFindings(lake, stream, sample)
  return { findings: [...findings, ...ofRecords], tried }
}
