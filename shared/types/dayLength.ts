/** A day in milliseconds, as a UTC day always is. */
export const dayMs = 86_400_000

/** The same in microseconds, the unit of timestamps in tables. */
export const dayMicros = 86_400_000_000n
