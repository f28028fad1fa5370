/** Where the seccomp profile lies in the finished image, so that it can be copied from there. */
const PROFILE_IN_IMAGE = '/opt/crac-checkpoint/seccomp.json'

/** The commands that start an image: first the profile, which the image carries, then the container. */
export function runInstructions(image: string, port: number, flags: string): string {
  const profile = `docker run --rm --entrypoint cat "$image" ${PROFILE_IN_IMAGE} > seccomp.json`
  return [
    `image=${image}`,
    ...(flags.includes('seccomp.json') ? [profile] : []),
    `docker run --rm --publish ${port}:${port} \\`,
    ...(flags === '' ? [] : [`  ${flags} \\`]),
    '  "$image"'
  ].join('\n')
}
