import type { Kafka } from 'kafkajs'
import { isGone, processName } from '../../telemetry/index.js'
import { groupCluster } from './kafkajsInternals.js'

const prefix = 'local-'

/** The client id of a process of this machine, by which `removeDeadMembers` knows its members again. */
export function memberName(pid: number): string {
  return `${prefix}${processName(pid)}`
}

/**
 * Lets the members leave a group whose process on this machine is gone. A process that was killed does not leave by
 * itself: the group waits for it until its session is over, and no partition is given out meanwhile.
 * @returns how many have left
 */
export async function removeDeadMembers(client: Kafka, groupId: string): Promise<number> {
  const dead = await deadMembers(client, groupId)
  if (dead.length === 0) return 0
  const cluster = groupCluster(client)
  try {
    await cluster.connect()
    const coordinator = await cluster.findGroupCoordinator({ groupId })
    // One that its session's end was faster with is unknown by now.
    const left = await Promise.allSettled(dead.map(memberId => coordinator.leaveGroup({ groupId, memberId })))
    return left.filter(({ status }) => status === 'fulfilled').length
  } finally {
    await cluster.disconnect()
  }
}

async function deadMembers(client: Kafka, groupId: string): Promise<readonly string[]> {
  const admin = client.admin()
  try {
    await admin.connect()
    const { groups } = await admin.describeGroups([groupId])
    return groups.flatMap(({ members }) => members.filter(({ clientId }) => isOfDeadProcess(clientId)).map(({ memberId }) => memberId))
  } finally {
    await admin.disconnect()
  }
}

function isOfDeadProcess(clientId: string): boolean {
  return clientId.startsWith(prefix) && isGone(clientId.slice(prefix.length))
}
