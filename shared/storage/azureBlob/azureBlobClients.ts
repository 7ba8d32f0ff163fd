import { Agent } from 'node:http'

import { ContainerClient, newPipeline, type RequestPolicyFactory } from '@azure/storage-blob'

import { type AzureBlobAddress, azureHost } from '../address/index.js'
import type { AzureBlobCredential } from './azureBlobCredential.js'

/** What may be repeated is repeated by {@link retried}, which knows what; put-if-absent must not be by anybody here. */
const noRetries = { retryOptions: { maxTries: 1 } }

/** A service version that every Azurite of the last years speaks; the SDK's own is refused by all but the newest. */
const emulatorServiceVersion = '2023-11-03'

const loopback = /^(?:127\.[\d.]+|localhost|\[::1\])$/

/** The containers of one account, with what signs requests to it and to nobody else. */
export class AccountClients {
  readonly #address: AzureBlobAddress
  readonly #credential: AzureBlobCredential
  readonly #containers = new Map<string, ContainerClient>()
  /** Whether listings may say from which name on; found out by the first that is refused. */
  knowsStartFrom: boolean

  constructor(address: AzureBlobAddress, credential: AzureBlobCredential) {
    this.#address = address
    this.#credential = credential
    this.knowsStartFrom = azureHost(new URL(address.endpoint).hostname)?.oneLake !== true
  }

  /** The signature in the query that requests have; a secret. */
  get sas(): string | undefined {
    return this.#credential.sas
  }

  /** Whether it is an emulator on this machine, whose disk is one that the user can look at. */
  get isLocalEmulator(): boolean {
    return this.#address.emulated && loopback.test(new URL(this.#address.endpoint).hostname)
  }

  /** The client of a container; sends nothing yet. */
  container(name: string): ContainerClient {
    const known = this.#containers.get(name)
    if (known !== undefined) return known
    const made = containerClient({ ...this.#address, container: name }, this.#credential)
    this.#containers.set(name, made)
    return made
  }
}

function containerClient(address: AzureBlobAddress, { credential, sas }: AzureBlobCredential): ContainerClient {
  const url = `${address.endpoint}/${encodeURIComponent(address.container)}${sas === undefined ? '' : `?${sas}`}`
  const pipeline = newPipeline(credential, { ...noRetries, ...noRedirects })
  if (address.emulated) pipeline.factories.push(emulatorPolicy(address.endpoint))
  return new ContainerClient(url, pipeline)
}

/** Storage never sends a client elsewhere; whoever does so is to get neither a request nor a signature. */
const noRedirects = { redirectOptions: { maxRetries: 0 } }

function emulatorPolicy(endpoint: string): RequestPolicyFactory {
  // HTTP_PROXY is meant for the network; the SDK would send even 127.0.0.1 through it.
  const direct = loopback.test(new URL(endpoint).hostname) ? new Agent({ keepAlive: true }) : undefined
  return {
    create: next => ({
      sendRequest: request => {
        request.headers.set('x-ms-version', emulatorServiceVersion)
        if (direct !== undefined && request.url.startsWith('http:')) request.agent = direct
        return next.sendRequest(request)
      },
    }),
  }
}
