/**
 * Objects whose keys come from outside: names of columns, fields, map keys, headers, properties. In a plain object
 * `__proto__` is no name like any other (assigning it changes the prototype, or does nothing), and `constructor`,
 * `toString` and their like are there before anybody has put them in.
 */

/** Its objects have no prototype with names, and yet those of one shape share it, as a plain object's do. */
const Bare = function () {
  // Nothing is inherited.
} as unknown as { new (): object; prototype: object }
Bare.prototype = Object.freeze(Object.create(null) as object)

/** An object without anything in it or behind it, to be filled by names of any kind. */
export function namedValues<T>(): Record<string, T> {
  return new Bare() as Record<string, T>
}

/** What an object itself holds under a name. */
export function namedValue<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}
