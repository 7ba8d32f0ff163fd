/** Event Hubs over AMQP. */
export type { EventHubsConnection } from './connection.js'
export { EventHubsSource } from './eventHubsSource.js'
