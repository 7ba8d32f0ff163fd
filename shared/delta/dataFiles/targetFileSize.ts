const defaultTarget = 128 * 2 ** 20

/** Bytes that a table wants its files to have, by `delta.targetFileSize` (`104857600`, `100mb`). */
export function targetFileSizeOf(
  configuration: Readonly<Record<string, string>>,
  otherwise: number = defaultTarget,
): number {
  const [, digits, unit = ''] = /^\s*(\d+)\s*([kmg]?)b?\s*$/i.exec(configuration['delta.targetFileSize'] ?? '') ?? []
  const size = Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase())
  return size > 0 && Number.isSafeInteger(size) ? size : otherwise
}
