import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { PRIVATE_FOLDER } from '../lib/modes.js'

/** The two folders of a run: `work` is removed at its end, `logs` in the post step. */
export interface RunFolders {
  work: string
  logs: string
}

export function foldersIn(runFolder: string): RunFolders {
  return { work: path.join(runFolder, 'work'), logs: path.join(runFolder, 'logs') }
}

/**
 * Makes the folder of a run and the two in it. Other users of the machine cannot read them: the packed snapshot is the memory of
 * the application. Files of the build context in them have the modes that they have in the image. Throws an error if the folder exists, because another user could have made it.
 */
export async function makeFolders(runFolder: string): Promise<void> {
  const { work, logs } = foldersIn(runFolder)
  await mkdir(path.dirname(runFolder), { recursive: true })
  for (const folder of [runFolder, work, logs]) await mkdir(folder, { mode: PRIVATE_FOLDER })
}
