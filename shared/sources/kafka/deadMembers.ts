import type { Kafka } from 'kafkajs'

import { isGone, processName } from '../../telemetry/index.js'
import { groupCluster } from './kafkajsInternals.js'

const prefix = 'local-'

/** The client id of a process's nth consumer, by which `removeDeadMembers` knows its member again. */
export function memberName(pid: number, nth: number): string {
  return `${prefix}${processName(pid)}-${nth}`
}

/**
 * Lets the members leave a group whose process on this machine is gone. One that was killed, or lost its broker, does
 * not leave by itself: the group waits for it until its session is over, and no partition is given out meanwhile.
 * @param ended client id of a consumer of this process that is to be taken for dead too
 * @returns how many have left
 */
export async function removeDeadMembers(client: Kafka, groupId: string, ended?: string): Promise<number> {
  const dead = await deadMembers(client, groupId, ended)
  if (dead.length === 0) return 0
  const cluster = groupCluster(client)
  try {
    await cluster.connect()
    const coordinator = await cluster.findGroupCoordinator({ groupId })
    for (const memberId of dead) {
      await coordinator.leaveGroup({ groupId, memberId }).catch((thrown: unknown) => {
        // Its session's end came first.
        if ((thrown as { readonly type?: string }).type !== 'UNKNOWN_MEMBER_ID') throw thrown
      })
    }
    return dead.length
  } finally {
    await cluster.disconnect()
  }
}

async function deadMembers(client: Kafka, groupId: string, ended: string | undefined): Promise<readonly string[]> {
  const admin = client.admin()
  try {
    await admin.connect()
    const { groups } = await admin.describeGroups([groupId])
    const members = groups.flatMap(group => group.members)
    return members
      .filter(({ clientId }) => clientId === ended || isOfDeadProcess(clientId))
      .map(({ memberId }) => memberId)
  } finally {
    await admin.disconnect()
  }
}

function isOfDeadProcess(clientId: string): boolean {
  return clientId.startsWith(prefix) && isGone(clientId.slice(prefix.length).replace(/-\d+$/, ''))
}
