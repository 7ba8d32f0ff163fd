/** A row group of a data file has at most so many rows, */
export const rowGroupRows = 250_000
/** and about so many bytes in memory before it is encoded; */
export const rowGroupBytes = 32 * 2 ** 20
/**
 * or, where rows are copied from files, was read from so many bytes of them: memory holds three such groups then, being
 * read, joined and written, and in each of them the bytes are several times as many.
 */
export const copiedRowGroupBytes = 4 * 2 ** 20
