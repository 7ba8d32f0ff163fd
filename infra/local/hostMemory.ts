/** What a process is started with. */
export interface ProcessMemory {
  readonly nodeArgs: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * Megabytes of each half of the space of young objects. V8 takes up to 16, and keeps as much again for more in a process that
 * never rests; of records, rows and pages, which are large and few, four take no more of the processor.
 */
const youngMegabytes = 4

const allocator = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' }

/**
 * Lets a function host on this machine keep house as in an instance of that size. V8 takes half of an instance for its heap,
 * and by that decides when to collect: on a machine with more memory garbage grows to four times what lives. The C library
 * keeps what was freed in as many arenas as eight times the cores, each with holes of its own; two are enough for what few
 * threads allocate there. Blocks of 128 KB and more go back to the system when they are freed: of itself the library takes
 * ever larger ones from its arenas, and what a compaction took stays. A variable that is set counts.
 *
 * @param megabytes INSTANCE_MEMORY_MB
 */
export function memoryOfInstance(megabytes: number): ProcessMemory {
  return {
    nodeArgs: [
      `--max-old-space-size=${String(Math.floor(megabytes / 2))}`,
      `--max-semi-space-size=${String(youngMegabytes)}`,
    ],
    env: Object.fromEntries(Object.entries(allocator).map(([name, value]) => [name, process.env[name] ?? value])),
  }
}
