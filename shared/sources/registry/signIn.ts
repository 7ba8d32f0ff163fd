import { existsSync, readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { createSecureContext } from 'node:tls'

import { asError } from '../../errors.js'
import { protectSecret } from '../../telemetry/index.js'
import type { RegistryConnection } from '../registryConnection.js'
import type { HttpOptions } from './httpGet.js'
import { RegistryError } from './registryError.js'

/**
 * How requests show who asks: user and password or a token in a header, a certificate in the connection.
 * @throws RegistryError REGISTRY_BAD_SETTINGS for certificates that cannot be used
 */
export function signIn(connection: RegistryConnection): Pick<HttpOptions, 'headers' | 'agent'> {
  const { userInfo, bearerToken } = connection
  const authorization =
    userInfo !== undefined
      ? `Basic ${Buffer.from(userInfo).toString('base64')}`
      : bearerToken === undefined
        ? undefined
        : `Bearer ${bearerToken}`
  // What the password becomes is as secret as it is.
  protectSecret(authorization?.replace(/^\w+ /, ''))
  const accept = 'application/vnd.schemaregistry.v1+json, application/json'
  return {
    headers: { accept, ...(authorization === undefined ? {} : { authorization }) },
    agent: agentOf(connection),
  }
}

function agentOf({ ca, certificate, key, keyPassword }: RegistryConnection): Agent | undefined {
  if (ca === undefined && certificate === undefined) return undefined
  const options = {
    ...(ca === undefined ? {} : { ca: pem(ca, 'SCHEMA_REGISTRY_SSL_CA') }),
    ...(certificate === undefined ? {} : { cert: pem(certificate, 'SCHEMA_REGISTRY_SSL_CERTIFICATE') }),
    ...(key === undefined ? {} : { key: pem(key, 'SCHEMA_REGISTRY_SSL_KEY') }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
  }
  try {
    createSecureContext(options)
  } catch (thrown) {
    const remedy =
      'Check SCHEMA_REGISTRY_SSL_CA, SCHEMA_REGISTRY_SSL_CERTIFICATE, SCHEMA_REGISTRY_SSL_KEY and its password'
    throw badSettings(`The certificates for the schema registry cannot be used: ${asError(thrown).message}. ${remedy}.`)
  }
  return new Agent({ ...options, keepAlive: true })
}

/** PEM text as it is (an escaped `\n` is a line's end: environments have no real ones), anything else as a path. */
function pem(value: string, setting: string): string {
  if (value.includes('-----BEGIN')) return value.replace(/\\n/g, '\n')
  // The message leaves the value out: it may be a key without its first line.
  if (!existsSync(value)) throw badSettings(`${setting} is neither PEM text nor the path of a file that is there.`)
  const text = readFileSync(value, 'utf8')
  if (text.includes('PRIVATE KEY')) protectSecret(text)
  return text
}

const badSettings = (message: string) => new RegistryError('REGISTRY_BAD_SETTINGS', message)
