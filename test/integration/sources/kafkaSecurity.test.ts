import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type KafkaConnection, KafkaSource } from '../../../shared/sources/kafka/index.js'
import { startTestBroker, type TestBroker } from '../../harness/broker.js'
import { javaClient } from '../../harness/javaClient.js'

let folder: string
let kafka: TestBroker
let ports: number[]
let tokens: Server
let tokensServed = 0
let topic: string
let ca: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kafka-tls-'))
  const keystore = join(folder, 'broker.p12')
  ca = join(folder, 'ca.pem')
  const store = ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', 'changeit', '-alias', 'broker']
  const keytool = promisify(execFile)
  await keytool('keytool', [
    '-genkeypair',
    ...store,
    '-keyalg',
    'EC',
    '-dname',
    'CN=localhost',
    '-ext',
    'SAN=IP:127.0.0.1',
    '-validity',
    '2',
  ])
  await keytool('keytool', ['-exportcert', '-rfc', ...store, '-file', ca])

  tokens = createServer((request, response) => {
    const isKnown = request.headers.authorization === `Basic ${Buffer.from('client:s3cret').toString('base64')}`
    tokensServed++
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(isKnown ? { access_token: unsecuredToken(), expires_in: 600 } : { error: 'invalid_client' }),
    )
  })
  await new Promise<void>(resolve => tokens.listen(0, '127.0.0.1', resolve))

  ports = await freePorts(4)
  const [plain, sasl, ssl, controller] = ports.map(port => `127.0.0.1:${port}`)
  const plainLogin = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";'
  const scramLogin = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const tokenLogin =
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
  kafka = await startTestBroker({
    port: ports[0] as number,
    properties: {
      listeners: `PLAINTEXT://${plain},SASL://${sasl},TLS://${ssl},CONTROLLER://${controller}`,
      'advertised.listeners': `PLAINTEXT://${plain},SASL://${sasl},TLS://${ssl}`,
      'controller.quorum.voters': `1@${controller}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SASL_SSL,CONTROLLER:PLAINTEXT',
      'ssl.keystore.location': keystore,
      'ssl.keystore.password': 'changeit',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'listener.name.sasl.plain.sasl.jaas.config': plainLogin,
      'listener.name.tls.plain.sasl.jaas.config': plainLogin,
      'listener.name.sasl.scram-sha-256.sasl.jaas.config': scramLogin,
      'listener.name.sasl.scram-sha-512.sasl.jaas.config': scramLogin,
      'listener.name.tls.scram-sha-256.sasl.jaas.config': scramLogin,
      'listener.name.tls.scram-sha-512.sasl.jaas.config': scramLogin,
      'listener.name.sasl.oauthbearer.sasl.jaas.config': tokenLogin,
      'listener.name.tls.oauthbearer.sasl.jaas.config': tokenLogin,
    },
  })
  await javaClient('user', kafka.brokers, 'alice', 'secret')
  topic = await kafka.topic('secured')
})

afterAll(async () => {
  await kafka.close()
  tokens.close()
  await rm(folder, { recursive: true, force: true })
})

const saslBroker = () => ({ brokers: [`127.0.0.1:${ports[1] ?? 0}`], securityProtocol: 'sasl_plaintext' as const })
const tlsBroker = () => ({ brokers: [`127.0.0.1:${ports[2] ?? 0}`], securityProtocol: 'sasl_ssl' as const })
const alice = { username: 'alice', password: 'secret' }
const oauth = (clientSecret: string) => {
  const { port } = tokens.address() as AddressInfo
  return { tokenEndpoint: `http://127.0.0.1:${port}/token`, clientId: 'client', clientSecret, scope: 'kafka' }
}

async function roundTrip(connection: KafkaConnection): Promise<void> {
  const source = new KafkaSource({ connection, retryTimeoutMs: 60_000 })
  try {
    await source.produce(topic, [{ key: null, value: Buffer.from('x'), partition: 0 }])
    const [range] = await source.offsets(topic)
    if (range === undefined) throw new Error('no partition')
    let count = 0
    for await (const batch of source.read(topic, range)) count += batch.records.length
    expect(count).toBe(Number(range.end))
  } finally {
    await source.close()
  }
}

describe('signing in', () => {
  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('by %s', async saslMechanism => {
    await roundTrip({ ...saslBroker(), saslMechanism, ...alice })
  })

  test('by oauthbearer, with one token for all connections', async () => {
    tokensServed = 0
    await roundTrip({ ...saslBroker(), saslMechanism: 'oauthbearer', oauth: oauth('s3cret') })
    expect(tokensServed).toBe(1)
  })

  test('over TLS, the authority as a file and as text', async () => {
    await roundTrip({ ...tlsBroker(), saslMechanism: 'plain', ...alice, ca })
    const pem = (await readFile(ca, 'utf8')).replaceAll('\n', '\\n')
    await roundTrip({ ...tlsBroker(), saslMechanism: 'scram-sha-512', ...alice, ca: pem })
  })

  test.each(['plain', 'scram-sha-256'] as const)(
    'with a wrong password is refused at once (%s)',
    async saslMechanism => {
      await expect(
        roundTrip({ ...saslBroker(), saslMechanism, username: 'alice', password: 'wrong' }),
      ).rejects.toMatchObject({ code: 'SOURCE_UNAUTHORIZED', retryable: false })
    },
  )

  test('with a wrong client secret is refused at once', async () => {
    await expect(
      roundTrip({ ...saslBroker(), saslMechanism: 'oauthbearer', oauth: oauth('wrong') }),
    ).rejects.toMatchObject({ code: 'SOURCE_UNAUTHORIZED', retryable: false })
  })

  test('at a broker whose certificate nobody vouches for is refused at once', async () => {
    await expect(roundTrip({ ...tlsBroker(), saslMechanism: 'plain', ...alice })).rejects.toMatchObject({
      code: 'SOURCE_UNAUTHORIZED',
      retryable: false,
    })
  })
})

/** A token without signature, which a broker without a key set takes. */
function unsecuredToken(): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: 'client', iat: now, exp: now + 600, scope: ['kafka'] })}.`
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Server>(resolve => {
          const server = createServer()
          server.listen(0, '127.0.0.1', () => {
            resolve(server)
          })
        }),
    ),
  )
  const free = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return free
}
