const urlStart = /^([a-z][a-z0-9+.-]+):(\/+)([^/?#]*@)?/i
const signature = /[?&](?:[^#]*&)?sig=/i

/**
 * An address as it may stand in a message: without a query that is or may be a shared access signature, and without a
 * user's name and password. A local path stays as it is.
 */
export function redactedAddress(address: string): string {
  const [start = '', scheme = '', slashes = '', user] = urlStart.exec(address) ?? []
  const isUrl = start !== '' && scheme.toLowerCase() !== 'file'
  const rest = address.slice(start.length)
  const shownRest = isUrl || signature.test(rest) ? rest.replace(/\?[^#]*/s, '') : rest
  if (start === '') return shownRest
  // Of abfss:// the user is the container.
  const shownUser = /^abfss?$/i.test(scheme) ? (user?.replace(/:.*@$/s, '@') ?? '') : ''
  return `${scheme}:${slashes}${shownUser}${shownRest}`
}
