import rhea, { type Dictionary, type Message, type Receiver, type Sender } from 'rhea'

import type { Hub } from './eventHub.js'

export interface ServiceError {
  readonly condition: string
  readonly description: string
}

/** The answer to a token. */
export function tokenAnswer(status: number) {
  return {
    application_properties: {
      'status-code': status,
      'status-description': status === 202 ? 'Accepted' : 'InvalidSignature: refused',
    },
  }
}

/** The management node's answer to a READ of a hub or of one of its partitions. */
export function managementAnswer(hubs: ReadonlyMap<string, Hub>, { type, name, partition }: Dictionary<unknown>) {
  const hub = hubs.get(String(name))
  if (hub === undefined) return refusal(404, notFound(String(name)))
  const ok = { 'status-code': 200, 'status-description': 'OK' }
  if (type === 'com.microsoft:eventhub') {
    const ids = hub.partitions.map((_, n) => String(n))
    return {
      application_properties: ok,
      body: { name: hub.name, created_at: hub.createdOn, partition_count: ids.length, partition_ids: ids },
    }
  }
  const found = hub.partitions[Number(partition)]
  if (found === undefined) return refusal(400, noPartition(hub))
  return { application_properties: ok, body: { name: hub.name, partition: String(partition), ...found.properties } }
}

export function fail(link: Sender | Receiver, error: ServiceError): void {
  link.close(error)
}

export function notFound(entity: string): ServiceError {
  return {
    condition: 'amqp:not-found',
    description: `The messaging entity 'sb://127.0.0.1/${entity}' could not be found.`,
  }
}

export function noPartition({ partitions }: Hub): ServiceError {
  const why = `The specified partition is invalid for an EventHub partition sender or receiver. It should be between 0 and ${partitions.length - 1}.`
  return { condition: 'com.microsoft:argument-out-of-range', description: why }
}

function refusal(status: number, { condition, description }: ServiceError) {
  return {
    application_properties: { 'status-code': status, 'status-description': description, 'error-condition': condition },
    body: null,
  }
}

/** A batch is one message whose data sections are messages. */
export function unpack(batch: Buffer): Message[] {
  const { body } = rhea.message.decode(batch) as unknown as { readonly body: { readonly content: Buffer | Buffer[] } }
  return [body.content].flat().map(one => rhea.message.decode(one) as unknown as Message)
}
