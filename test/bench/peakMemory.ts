import { processFigures } from './processFigures.js'

/**
 * The most memory that this process has had, in bytes. The system's own figure where it has one: that of the runtime
 * counts what the parent took before this process began.
 */
export async function peakBytes(): Promise<number> {
  const figures = await processFigures(process.pid).catch(() => undefined)
  return figures === undefined ? process.resourceUsage().maxRSS * 1024 : figures.peakMb * 2 ** 20
}
