/**
 * Loaded before a program that knows nothing of the stack (`node --import`): asks it to end when the stack's process is
 * gone, so that a stack ended by force leaves nothing behind.
 */
process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM')
})
process.channel?.unref()
