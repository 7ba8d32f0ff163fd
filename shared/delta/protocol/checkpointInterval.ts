/**
 * After how many commits the table is to have a checkpoint (`delta.checkpointInterval`); undefined where the property is
 * absent or is no whole number of 1 or more.
 */
export function checkpointInterval(configuration: Readonly<Record<string, string>>): number | undefined {
  const commits = Number(configuration['delta.checkpointInterval'] ?? 0)
  return Number.isSafeInteger(commits) && commits >= 1 ? commits : undefined
}
