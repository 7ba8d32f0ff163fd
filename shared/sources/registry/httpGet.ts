import { request as httpRequest } from 'node:http'
import { type Agent, request as httpsRequest } from 'node:https'

import { asError } from '../../errors.js'
import { RegistryError } from './registryError.js'

/** An answer, whole. */
export interface HttpAnswer {
  readonly status: number
  /** Where a redirect leads. */
  readonly location: string | undefined
  readonly body: string
}

/** How requests are made. */
export interface HttpOptions {
  readonly headers: Readonly<Record<string, string>>
  /** Trusts and shows certificates; the system's trust when absent. */
  readonly agent?: Agent | undefined
  /** Milliseconds until the whole answer is there. */
  readonly timeoutMs: number
  /** Bytes of an answer. */
  readonly maxBytes: number
}

/**
 * Asks for one address. Redirects are answers: what signs the request in is for nobody else.
 * @throws RegistryError REGISTRY_UNREACHABLE (retryable); REGISTRY_BAD_ANSWER for one that is too long
 */
export async function httpGet(url: URL, { headers, agent, timeoutMs, maxBytes }: HttpOptions): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const options = { headers, signal, ...(agent === undefined ? {} : { agent }) }
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, response => {
        const chunks: Buffer[] = []
        let length = 0
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
          if (length > maxBytes) request.destroy(tooLong(url, maxBytes))
          else chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode = 0, headers: found } = response
          resolve({ status: statusCode, location: found.location, body: Buffer.concat(chunks).toString('utf8') })
        })
      })
      request.on('error', reject)
      request.end()
    })
  } catch (thrown) {
    if (thrown instanceof RegistryError) throw thrown
    const why = signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(asError(thrown))
    throw new RegistryError(
      'REGISTRY_UNREACHABLE',
      `The schema registry ${url.origin} cannot be reached: ${why}. What it is needed for waits; check SCHEMA_REGISTRY_URL and that it runs.`,
      { cause: thrown, retryable: true, data: { url: url.origin } },
    )
  }
}

/** A connection refused at several addresses has its reasons inside. */
function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  return code ?? error.message
}

function tooLong(url: URL, maxBytes: number): RegistryError {
  return new RegistryError(
    'REGISTRY_BAD_ANSWER',
    `The schema registry ${url.origin} answers ${url.pathname} with more than ${maxBytes} bytes, which no schema has.`,
    { data: { url: url.origin } },
  )
}
