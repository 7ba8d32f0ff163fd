import type { Clock } from '../../clock.js'
import { PipelineError } from './pipelineError.js'

/**
 * Plans and commits again, after a pause, for as long as other writers come first.
 *
 * @param path the table, for the error
 * @param plan one attempt; `lost` when another writer made it void
 * @throws PipelineError CONTENDED when others won every time
 */
export async function untilCommitted<T>(
  { clock }: { readonly clock: Clock },
  path: string,
  maxPlans: number,
  plan: () => Promise<T | 'lost'>,
): Promise<T> {
  for (let n = 1; n <= maxPlans; n++) {
    const done = await plan()
    if (done !== 'lost') return done
    await clock.sleep(Math.ceil(Math.random() * 100 * n))
  }
  throw new PipelineError('CONTENDED', `Other writers of ${path} won every time.`, { retryable: true })
}
