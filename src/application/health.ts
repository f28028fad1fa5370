import { FRAMEWORKS } from './frameworks.js'
import type { Libraries } from './libraries.js'

/** Where the application tells of its health; undefined where nothing says so. */
export function healthPath(libraries: Libraries | undefined): string | undefined {
  return FRAMEWORKS.find(({ health }) => health && libraries?.has(health.library))?.health?.path
}
