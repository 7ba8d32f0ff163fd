// Makes `npx lake` find the compiled command at once: npx looks into node_modules/.bin first, where npm never links a
// package's own commands, and would install the package into a cache of its own otherwise.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'

const bin = 'node_modules/.bin'
chmodSync('dist/shared/cli/main.js', 0o755)
mkdirSync(bin, { recursive: true })
rmSync(`${bin}/lake`, { force: true })
symlinkSync('../../dist/shared/cli/main.js', `${bin}/lake`)
