import { connect } from 'node:net'

// ApiVersions v0, correlation id 1, no client id: the one request every broker answers.
const apiVersionsRequest = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])

/** True when a Kafka broker on that port answers within a second. */
export function answersKafka(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    const done = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1_000, () => {
      done(false)
    })
    socket.once('error', () => {
      done(false)
    })
    socket.once('close', () => {
      done(false)
    })
    socket.once('connect', () => socket.write(apiVersionsRequest))
    socket.once('data', answer => {
      done(answer.length >= 8 && answer.readInt32BE(4) === 1)
    })
  })
}
