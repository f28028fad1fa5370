/**
 * Temporary images of a run: `user` from the user's Dockerfile or image, `start` to run its start command once, `started` with what that sets,
 * `criu` with the CRIU of the input `criu-image`, `checkpoint` for the checkpoint container and `snapshot` of it, `restorable` without the
 * snapshot, and `runtime`, the finished one.
 */
export type ImageRole =
  'user' | 'start' | 'started' | 'criu' | 'checkpoint' | 'snapshot' | 'restorable' | 'runtime'

/** Prefix of the names of all temporary images; the id of the run follows. */
export const RUN_IMAGE = 'crac-checkpoint/run-'

/** Returns the names in Docker of everything that belongs to one run: a later process can derive them from the id, and remove them. */
export function namesOf(id: string) {
  const container = `crac-checkpoint-${id}`
  return {
    /** Prefix of the names of all containers of the run. */
    container,
    checkpointContainer: `${container}-checkpoint`,
    image: (role: ImageRole): string => `${RUN_IMAGE}${id}:${role}`
  }
}
