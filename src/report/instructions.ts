import { DECLARED_FLAGS } from '../engine/privileges.js'

/** Where the seccomp profile lies in the finished image, so that it can be copied from there. */
const PROFILE_IN_IMAGE = '/opt/crac-checkpoint/seccomp.json'

/** The commands that start an image: first the profile, which the image carries, then the container. */
export function runInstructions(image: string, port: number): string {
  return [
    `image=${image}`,
    `docker run --rm --entrypoint cat "$image" ${PROFILE_IN_IMAGE} > seccomp.json`,
    `docker run --rm --publish ${port}:${port} \\`,
    `  ${DECLARED_FLAGS} \\`,
    '  "$image"'
  ].join('\n')
}
