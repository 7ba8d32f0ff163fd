/** How to reach an Event Hubs namespace; a stream's topic is the event hub's name. */
export interface EventHubsConnection {
  /** `<namespace>.servicebus.windows.net`, with the managed identity. Not needed with a connection string. */
  readonly namespace?: string | undefined
  /** Client id of a user-assigned managed identity; the system-assigned one, or who is signed in, when absent. */
  readonly managedIdentityClientId?: string | undefined
  /** Of the namespace, or of one event hub. */
  readonly connectionString?: string | undefined
  /**
   * The consumer group that ranges are read by; default `$Default`. Not the trigger's: its receivers have an owner level,
   * and shut every other receiver of their group out.
   */
  readonly consumerGroup?: string | undefined
}
