import { Agent } from 'node:http'
import { ContainerClient, newPipeline, type RequestPolicyFactory } from '@azure/storage-blob'
import type { AzureBlobAddress } from './azureBlobAddress.js'
import type { AzureBlobCredential } from './azureBlobCredential.js'

/** Five tries over about six seconds: a throttled account recovers in that, and a wrong port is found out soon. */
const retryOptions = { maxTries: 5, retryDelayInMs: 500, maxRetryDelayInMs: 10_000 }

/** A service version that every Azurite of the last years speaks; the SDK's own is refused by all but the newest. */
const emulatorServiceVersion = '2023-11-03'

const loopback = /^(?:127\.[\d.]+|localhost|\[::1\])$/

/** Two ways to one container: put-if-absent must never be repeated by a layer that cannot tell its own first write. */
export interface ContainerClients {
  readonly retrying: ContainerClient
  readonly once: ContainerClient
}

/** The containers of one account, with what signs requests to it and to nobody else. */
export class AccountClients {
  readonly #address: AzureBlobAddress
  readonly #credential: AzureBlobCredential
  readonly #containers = new Map<string, ContainerClients>()

  constructor(address: AzureBlobAddress, credential: AzureBlobCredential) {
    this.#address = address
    this.#credential = credential
  }

  /** Clients of a container; sends nothing yet. */
  container(name: string): ContainerClients {
    const known = this.#containers.get(name)
    if (known !== undefined) return known
    const made = containerClients({ ...this.#address, container: name }, this.#credential)
    this.#containers.set(name, made)
    return made
  }
}

function containerClients(address: AzureBlobAddress, { credential, sas }: AzureBlobCredential): ContainerClients {
  const url = `${address.endpoint}/${encodeURIComponent(address.container)}${sas === undefined ? '' : `?${sas}`}`
  const client = (maxTries: number) => {
    const pipeline = newPipeline(credential, { retryOptions: { ...retryOptions, maxTries }, ...noRedirects })
    if (address.emulated) pipeline.factories.push(emulatorPolicy(address.endpoint))
    return new ContainerClient(url, pipeline)
  }
  return { retrying: client(retryOptions.maxTries), once: client(1) }
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
