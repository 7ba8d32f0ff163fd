/** What a process is started with. */
export interface ProcessMemory {
  readonly nodeArgs: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * Lets a function host on this machine keep house as in an instance of that size. V8 takes half of an instance for its heap,
 * and by that decides when to collect: on a machine with more memory garbage grows to four times what lives. The C library
 * keeps what was freed in as many arenas as eight times the cores, each with holes of its own; two are enough for what few
 * threads allocate there.
 *
 * @param megabytes INSTANCE_MEMORY_MB
 */
export function memoryOfInstance(megabytes: number): ProcessMemory {
  return {
    nodeArgs: [`--max-old-space-size=${String(Math.floor(megabytes / 2))}`],
    env: { MALLOC_ARENA_MAX: process.env['MALLOC_ARENA_MAX'] ?? '2' },
  }
}
