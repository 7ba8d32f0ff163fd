import { type KafkaConfig, type SASLOptions } from 'kafkajs'

import { type Environment, resolveSecret } from './appSettings.js'
import { type Binding } from './coreModule.js'
import { HostError } from './hostError.js'

/** What a Kafka trigger listens to, in kafkajs's terms. */
export interface KafkaTarget {
  readonly config: KafkaConfig
  readonly topic: string
  readonly consumerGroup: string
}

/**
 * Where and how a Kafka trigger's binding connects, its settings resolved as the extension does it. Enumeration members
 * are checked, since a misspelt one fails only after deployment.
 */
export function kafkaTarget(functionName: string, binding: Binding, settings: Environment): KafkaTarget {
  const text = (name: string): string | undefined => {
    const value = binding[name]
    return typeof value === 'string' ? resolveSecret(value, settings) : undefined
  }
  const need = (name: string): string => {
    const value = text(name)
    if (value !== undefined && value !== '') return value
    throw new HostError('BINDING', `${functionName}: the Kafka trigger needs ${name}.`)
  }
  const protocol = memberOf(protocols, text('protocol') ?? 'NotSet', functionName, 'protocol')
  const mode = memberOf(modes, text('authenticationMode') ?? 'NotSet', functionName, 'authenticationMode')
  const sasl = protocol.startsWith('sasl')
  if (sasl && mode === 'notset')
    throw new HostError('BINDING', `${functionName}: protocol ${protocol} needs authenticationMode.`)
  return {
    topic: need('topic'),
    consumerGroup: need('consumerGroup'),
    config: {
      brokers: need('brokerList')
        .split(',')
        .map(b => b.trim()),
      ...(protocol.endsWith('ssl') && { ssl: tls(text) }),
      ...(sasl && { sasl: signIn(functionName, mode, need) }),
    },
  }
}

const protocols = ['notset', 'plaintext', 'ssl', 'saslplaintext', 'saslssl'] as const
const modes = ['notset', 'gssapi', 'plain', 'scramsha256', 'scramsha512', 'oauthbearer'] as const

function memberOf<M extends string>(members: readonly M[], value: string, functionName: string, property: string): M {
  const found = members.find(m => m === value.toLowerCase())
  if (found !== undefined) return found
  throw new HostError(
    'BINDING',
    `${functionName}: "${value}" is not a ${property} of the Kafka trigger (${members.join(', ')}).`,
  )
}

function tls(text: (name: string) => string | undefined) {
  const pem = {
    ca: text('sslCaPEM'),
    cert: text('sslCertificatePEM'),
    key: text('sslKeyPEM'),
    passphrase: text('sslKeyPassword'),
  }
  return Object.fromEntries(Object.entries(pem).filter(([, value]) => value !== undefined))
}

function signIn(functionName: string, mode: string, need: (name: string) => string): SASLOptions {
  const credentials = () => ({ username: need('username'), password: need('password') })
  switch (mode) {
    case 'plain':
      return { mechanism: 'plain', ...credentials() }
    case 'scramsha256':
      return { mechanism: 'scram-sha-256', ...credentials() }
    case 'scramsha512':
      return { mechanism: 'scram-sha-512', ...credentials() }
    default:
      throw new HostError(
        'TRIGGER_UNSUPPORTED',
        `${functionName}: the local host does not sign in to Kafka by ${mode}; use func start.`,
      )
  }
}
