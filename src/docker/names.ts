/** Temporary images of a run: `user` from the user's Dockerfile, two for the checkpoint, and the finished one. */
export type ImageRole = 'user' | 'checkpoint' | 'snapshot' | 'runtime'

/** Prefix of the names of all temporary images; the id of the run follows. */
export const RUN_IMAGE = 'crac-checkpoint/run-'

/** Names in Docker of everything that belongs to one run: a later process can derive them from the id, and remove what they name. */
export interface RunNames {
  id: string
  /** Prefix of its containers. */
  container: string
  /** Container in which the snapshot is taken. */
  checkpointContainer: string
  /** Returns the name of a temporary image. */
  image: (role: ImageRole) => string
}

export function namesOf(id: string): RunNames {
  const container = `crac-checkpoint-${id}`
  return {
    id,
    container,
    checkpointContainer: `${container}-checkpoint`,
    image: (role) => `${RUN_IMAGE}${id}:${role}`
  }
}
