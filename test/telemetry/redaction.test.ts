import { describe, expect, test } from 'vitest'

import { protectSecret, protectSecretsIn, redact, redacted, redactError } from '../../shared/telemetry/redaction.js'

const planted = 'pl4nt"ed/+ s\\ecret&ü=='

describe('a value that the settings hold', () => {
  protectSecret(planted)

  test.each<readonly [string, string]>([
    ['plain', planted],
    ['as a part of an address', encodeURIComponent(planted)],
    ['with lower-case percents', encodeURIComponent(planted).replace(/%../g, code => code.toLowerCase())],
    ['as a form has it', new URLSearchParams({ x: planted }).toString().slice(2)],
    ['in JSON', JSON.stringify({ x: planted }).slice(6, -2)],
    ['in JSON inside JSON', JSON.stringify(JSON.stringify(planted)).slice(3, -3)],
    ...['', 'u', 'us', 'user:'].map(
      before => [`in base64 behind "${before}"`, Buffer.from(`${before}${planted}rest`).toString('base64')] as const,
    ),
    ['in base64 for URLs', Buffer.from(planted).toString('base64url')],
  ])('is kept out %s', (_, form) => {
    const said = redact(`before ${form} after`)
    expect(said).toContain(redacted)
    for (const piece of [
      planted,
      Buffer.from(planted).toString('base64').slice(2, 20),
      encodeURIComponent(planted).slice(0, 16),
    ])
      expect(said).not.toContain(piece)
    expect(said).toMatch(/^before .* after$/)
  })

  test('of several lines is kept out line by line, with line ends of any kind', () => {
    const lines = ['MIIEvQIBADANBgkqhkiG9w0BAQ', 'EFAASCBKcwggSjAgEAAoIBAQC7']
    protectSecret(`-----BEGIN PRIVATE KEY-----\\n${lines.join('\\n')}\\n-----END PRIVATE KEY-----`)
    for (const line of lines) expect(redact(`cannot read ${line}`)).toBe(`cannot read ${redacted}`)
    expect(redact('-----BEGIN CERTIFICATE-----')).toBe('-----BEGIN CERTIFICATE-----')
  })

  test('that begins another one leaves nothing of the longer one', () => {
    protectSecret('sh4red-beginning')
    protectSecret('sh4red-beginning-and-its-own-end')
    expect(redact('<sh4red-beginning-and-its-own-end>')).toBe(`<${redacted}>`)
  })

  test('of less than eight characters is not looked for: it would be found inside words', () => {
    protectSecret('orders')
    expect(redact('the table orders')).toBe('the table orders')
  })

  test('inside a connection string or an address is kept out alone', () => {
    protectSecret('Endpoint=sb://x;SharedAccessKeyName=Root;SharedAccessKey=k3yOfTheHub+/=')
    protectSecretsIn('https://account.blob.core.windows.net/lake?sv=2024&sig=s1gn%2Fature%3D&se=2027')
    protectSecretsIn('someone:pa55%20w0rd@broker:9092')
    for (const secret of ['k3yOfTheHub+/=', 's1gn/ature=', 's1gn%2Fature%3D', 'pa55%20w0rd', 'pa55 w0rd'])
      expect(redact(`<${secret}>`), secret).toBe(`<${redacted}>`)
    expect(redact('Root at account.blob.core.windows.net')).toBe('Root at account.blob.core.windows.net')
  })
})

describe("what has a secret's shape is kept out, whoever it belongs to", () => {
  test.each([
    ['-----BEGIN RSA PRIVATE KEY-----\nAAAA\nBBBB\n-----END RSA PRIVATE KEY-----.', `${redacted}.`],
    ['-----BEGIN PRIVATE KEY-----\nAAAA cut', redacted],
    ['AccountName=a;AccountKey=Eby8vdM02xNO==;BlobEndpoint=x', `AccountName=a;AccountKey=${redacted};BlobEndpoint=x`],
    [
      'https://a.blob.core.windows.net/c/t?sv=1&sig=abc%3D&se=2',
      `https://a.blob.core.windows.net/c/t?sv=1&sig=${redacted}&se=2`,
    ],
    ['htps://x?sig=abc', `htps://x?sig=${redacted}`],
    ['GET /api/lake?code=abc== HTTP', `GET /api/lake?code=${redacted} HTTP`],
    ['https://user:pw@host/x', `https://${redacted}@host/x`],
    ['KAFKA_BROKERS is "user:pw@host:9092"', `KAFKA_BROKERS is "user:${redacted}@host:9092"`],
    ['a:pw1@h:1,b:pw2@i:2', `a:${redacted}@h:1,b:${redacted}@i:2`],
    ['Authorization: Bearer abcdefgh.ijk', `Authorization: Bearer ${redacted}`],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig', `token ${redacted}`],
  ])('%s', (text, said) => {
    expect(redact(text)).toBe(said)
    expect(redact(said)).toBe(said)
  })

  test.each([
    'abfss://lake@account.dfs.core.windows.net/t',
    'http://127.0.0.1:10000/devstoreaccount1/lake',
    'Kafka at 127.0.0.1:9092 cannot be reached.',
    'Set KAFKA_USERNAME and KAFKA_PASSWORD.',
    'someone@example.com wrote at 10:30',
    'the key=value pairs',
    'a partition key = 7',
  ])('and nothing else: %s', text => {
    expect(redact(text)).toBe(text)
  })
})

test('an error is reported without secrets: its message, its stack, its data and what caused it', () => {
  const secret = 'h1dd3n-in-an-error'
  protectSecret(secret)
  const cause = new Error(`cause ${secret}`)
  const error = Object.assign(new Error(`message ${secret}`, { cause }), { data: { url: `x/${secret}`, count: 3 } })
  expect(redactError(error)).toBe(error)
  expect([error.message, error.stack, cause.message, cause.stack, JSON.stringify(error.data)].join('\n')).not.toContain(
    secret,
  )
  expect(error.data.count).toBe(3)
  expect(Object.keys(error)).toEqual(['data'])
})
