/**
 * Has V8 collect all garbage of this process, and give back the pages that it keeps for more. Of itself it does so where a
 * process rests, and one that commits each second never does: its heap stays as large as a compaction once made it. Stops the
 * process for a tenth of a second. A Node that was built without an inspector goes on as it is.
 */
export async function collectGarbage(): Promise<void> {
  if (!process.features.inspector) return
  const { Session } = await import('node:inspector/promises')
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.collectGarbage')
  } finally {
    session.disconnect()
  }
}
