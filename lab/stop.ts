import { attempt } from './command.js'
import { stopDocker } from './docker/docker.js'
import { labHome } from './home.js'
import { REGISTRY_CONTAINER } from './real-world.js'
import { stopRegistry } from './registry.js'

// `npm run lab:stop`: ends what the lab started. What it made stays, for a quick start the next time; what was pushed does not.
const home = labHome()
await attempt('docker', ['rm', '--force', REGISTRY_CONTAINER])
const registry = await stopRegistry(home)
const engine = await stopDocker(home)
console.log(
  `registry: ${registry ? 'stopped' : 'did not run'}; engine: ${engine ? 'stopped' : 'did not run'}`
)
console.log(`Remove ${home} to get rid of what the lab made.`)
