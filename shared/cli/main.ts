#!/usr/bin/env node
// Nothing is imported before the version is known: older ones fail on what they find there, and say less clearly why.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `error: lake needs Node 22.15 or newer, and this is ${process.version}; \`npx lake\` and \`npm run lake\` use the project's own.\n`,
  )
  process.exitCode = 1
} else {
  // A command is short: a fifth of it would go into compiling the same modules each time.
  const { enableCompileCache } = await import('node:module')
  enableCompileCache()
  const { runProcess } = await import('./cliProcess.js')
  await runProcess()
}
