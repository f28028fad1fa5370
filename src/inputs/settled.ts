import { DEFAULT_USER } from '../image/user-ids.js'
import type { VersionRequest } from '../jdk/asset.js'
import type { Inputs } from './inputs.js'

/** The inputs after the image of the input `image` was read: what was not given is that of the image. */
export type SettledInputs = Omit<Inputs, 'user'> & { user: { uid: number; gid: number } }

/** What an image says of the inputs. */
interface Settings {
  javaVersion: VersionRequest
  /** undefined for root. */
  user: { uid: number; gid: number } | undefined
}

/** Returns the inputs with what an image says of the user and the JDK; `image` is undefined where there is none. */
export function settled(inputs: Inputs, image: Settings | undefined): SettledInputs {
  return {
    ...inputs,
    javaVersion: image?.javaVersion ?? inputs.javaVersion,
    user: inputs.user ?? image?.user ?? DEFAULT_USER
  }
}
