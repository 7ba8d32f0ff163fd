import type { AddFile } from '../actions/index.js'
import type { RewriteJob, Rewriter } from './rewriter.js'
import { StoredRows } from './storedRows.js'

/** Concatenates files into one, row group by row group: the order of the rows stays. */
export const concatenation: Rewriter = {
  accepts: () => true,
  rewrite: concatenate,
}

async function concatenate(job: RewriteJob): Promise<readonly AddFile[]> {
  const stored = new StoredRows(job)
  const output = await stored.create()
  let writing: Promise<void> = Promise.resolve()
  try {
    for await (const group of stored.groups()) {
      await writing
      await job.between?.()
      writing = output.append(group.take())
      // A failure is reported when `writing` is awaited: the next row group is read meanwhile.
      writing.catch(() => undefined)
    }
    await writing
    const add = await stored.finish(output)
    return add === undefined ? [] : [add]
  } catch (error) {
    await Promise.allSettled([writing])
    await output.abort()
    throw error
  }
}
