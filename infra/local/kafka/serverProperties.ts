/** What of server.properties differs from one local broker to another. */
export interface ServerSettings {
  readonly host: string
  readonly port: number
  readonly controllerPort: number
  readonly dataFolder: string
}

/** Bytes of a partition that a local broker keeps. */
export const localRetentionBytes = String(4 * 1024 ** 3)

/**
 * Settings of a one-node broker and controller: loopback only, one replica of everything, no waiting for groups to
 * gather, topics made on purpose only.
 */
export function serverProperties(settings: ServerSettings, extra: Readonly<Record<string, string>> = {}): string {
  const { host, port, controllerPort, dataFolder } = settings
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${host}:${controllerPort}`,
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataFolder,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed may register again only after its session has ended.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'num.network.threads': '2',
    'num.io.threads': '4',
    // A record's own time says nothing of when it came here: a replay of last year's events must not vanish at once.
    'log.retention.ms': '-1',
    'log.retention.bytes': localRetentionBytes,
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    ...extra,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escapeValue(value)}\n`)
    .join('')
}

/** Java reads the file as ISO 8859-1, and any other letter from its number. */
const escapeValue = (value: string): string =>
  value
    .replace(/\\/g, '\\\\')
    .replace(/\n/g, '\\n')
    .replace(/[^ -~]/g, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
