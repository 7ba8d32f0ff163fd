/**
 * Keeps secrets out of what is reported of runs: console, log, tables about runs, HTTP answers. Two rules: values that
 * the settings hold, in every form in which they travel, and whatever has a secret's shape, whoever it belongs to. Data
 * (`_key`, `_value`, `_headers`, a contract's columns) never passes here.
 */

/** What stands in place of a secret. */
export const redacted = '(secret)'

/** Shorter values would be found inside ordinary words. */
const shortestSecret = 8

const secretForms = new Set<string>()
let byValue: RegExp | undefined

/**
 * From now on this value is kept out of everything that {@link redact} sees: plain, line by line (PEM), URL-encoded, as
 * base64 wherever it stands in it, and as JSON writes it. So are the keys and signatures inside a connection string,
 * and the password and the signature inside an address. Values of less than eight characters are known by their shape
 * only.
 */
export function protectSecret(value: string | undefined): void {
  if (value === undefined) return
  const lines = value.split(/\r?\n|\\n/).filter(line => !line.startsWith('-----'))
  for (const part of [value, ...lines, ...secretParts(value)]) {
    const secret = part.trim()
    if (secret.length >= shortestSecret) for (const form of formsOf(secret)) secretForms.add(form)
  }
  byValue = undefined
}

/** Protects what is secret in an address that is not a secret as a whole: its password, its signature. */
export function protectSecretsIn(address: string | undefined): void {
  for (const part of secretParts(address ?? '')) protectSecret(part)
}

/** The text without secrets. */
export function redact(text: string): string {
  const shaped = shapes.reduce((rest, [shape, replacement]) => rest.replace(shape, replacement), text)
  if (secretForms.size === 0) return shaped
  byValue ??= new RegExp(
    [...secretForms]
      .sort((a, b) => b.length - a.length)
      .map(escapeForPattern)
      .join('|'),
    'g',
  )
  return shaped.replace(byValue, redacted)
}

/** The same error, its message, stack, data and causes without secrets. */
export function redactError<E extends Error>(error: E): E {
  const seen = new Set<unknown>()
  for (let e: unknown = error; e instanceof Error && !seen.has(e); e = e.cause) {
    seen.add(e)
    const { message, stack } = e
    define(e, 'message', redact(message))
    if (stack !== undefined) define(e, 'stack', redact(stack))
    if ('data' in e && typeof e.data === 'object' && e.data !== null) {
      define(
        e,
        'data',
        Object.fromEntries(
          Object.entries(e.data).map(([name, value]) => [
            name,
            typeof value === 'string' ? redact(value) : (value as unknown),
          ]),
        ),
      )
    }
  }
  return error
}

function define(error: Error, name: string, value: unknown): void {
  const enumerable = Object.getOwnPropertyDescriptor(error, name)?.enumerable ?? false
  Object.defineProperty(error, name, { value, enumerable, configurable: true, writable: true })
}

const shapes: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, redacted],
  [
    /\b(AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd|Client_?Secret|Api_?Key)(\s?=\s?)(?!\()[^;&\s"',]+/gi,
    `$1$2${redacted}`,
  ],
  [/([?&;](?:sig|code|token|access_token|sas|key|secret)=|\bsig=)(?!\()[^&\s"'#;,]+/gi, `$1${redacted}`],
  // A scheme's user information, and the same before a host and port without a scheme.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'@:]*:[^\s/?#"'@]+@/gi, `$1${redacted}@`],
  [/(^|[\s,"'=(])([^\s,"'@/:=(]+):(?!\/\/)[^\s,"'@]+@(?=[^\s,"'@/]+:\d)/g, `$1$2:${redacted}@`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/-]{8,}=*/g, `$1 ${redacted}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g, redacted],
]

/** What is secret inside a connection string or an address. */
function secretParts(value: string): string[] {
  const found = [
    ...value.matchAll(/(?:^|;)\s*[A-Za-z]*(?:Key|Signature|Password|Pwd|Secret)\s*=\s*([^;]+)/gi),
    ...value.matchAll(/[?&](?:sig|code|token|access_token|sas|key|secret|password)=([^&#\s]+)/gi),
    ...value.matchAll(/(?:^|[/,\s])[^\s/,:@]*:([^\s/,@]+(?:\/[^\s,@]*)?)@/g),
  ].map(match => match[1] ?? '')
  return [...found, ...found.map(decoded)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed())
  const form = encoded.replaceAll('%20', '+')
  const json = JSON.stringify(secret).slice(1, -1)
  const base64 = [0, 1, 2].flatMap(shift => {
    const text = alignedBase64(secret, shift)
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const percents = [encoded, form].flatMap(text => [text, text.replace(/%[0-9A-F]{2}/g, code => code.toLowerCase())])
  return [secret, ...percents, json, JSON.stringify(json).slice(1, -1), ...base64].filter(
    text => text.length >= shortestSecret,
  )
}

/**
 * The digits of base64 that depend on nothing but the secret, when it stands `shift` bytes behind a group's beginning.
 */
function alignedBase64(secret: string, shift: number): string {
  const bytes = Buffer.from(secret, 'utf8')
  const all = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replaceAll('=', '')
  const start = Math.ceil((shift * 8) / 6)
  return all.slice(start, Math.floor(((shift + bytes.length) * 8) / 6))
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
