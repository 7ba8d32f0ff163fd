/** How many are fetched ahead of the one being read. */
const depth = 8

/** What `read` finds for each of `items`, in their order, with several reads under way at a time. */
export async function* readAhead<Item, Found>(
  items: Iterable<Item>,
  read: (item: Item) => Promise<Found>,
): AsyncGenerator<readonly [Item, Found], void> {
  const ahead: (readonly [Item, Promise<Found>])[] = []
  const waiting = items[Symbol.iterator]()
  try {
    for (;;) {
      while (ahead.length < depth) {
        const next = waiting.next()
        if (next.done === true) break
        const found = read(next.value)
        // Its failure is reported when its turn comes, if it does.
        found.catch(() => undefined)
        ahead.push([next.value, found])
      }
      const first = ahead.shift()
      if (first === undefined) return
      yield [first[0], await first[1]]
    }
  } finally {
    await Promise.allSettled(ahead.map(([, found]) => found))
  }
}
