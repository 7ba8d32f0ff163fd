/** A row group of a data file has at most so many rows, */
export const rowGroupRows = 250_000
/** and about so many bytes in memory before it is encoded; */
export const rowGroupBytes = 32 * 2 ** 20
/** or, where rows are copied from files, was read from so many bytes of them: memory holds both sides then. */
export const copiedRowGroupBytes = 16 * 2 ** 20
