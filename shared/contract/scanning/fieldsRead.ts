/** What a predicate must not have in it: it could reach, or change, more of the event than its text shows. */
const unclear = /\\|[^\x00-\x7f]|\b(?:eval|delete|for|with)\b|\+\+|--|<<=|>>=|(?:^|[^=!<>])=(?![=>])/

/**
 * The fields that a predicate reads of its event, if its text shows that it reads these and does nothing else with the
 * event, as `e => e.value > 0 && e.type !== 'x'`; undefined where it does not.
 */
export function fieldsRead(predicate: unknown): readonly string[] | undefined {
  const source = Function.prototype.toString.call(predicate)
  const [, name, body] = /^\(?\s*([A-Za-z_]\w*)\s*\)?\s*=>([\s\S]*)$/.exec(source) ?? []
  if (name === undefined || body === undefined || unclear.test(body)) return undefined
  const fields: string[] = []
  for (const { index } of body.matchAll(new RegExp(`\\b${name}\\b`, 'g'))) {
    const [, field] = /^\.([A-Za-z_]\w*)(?![\w$])/.exec(body.slice(index + name.length)) ?? []
    if (field === undefined) return undefined
    fields.push(field)
  }
  return [...new Set(fields)]
}
