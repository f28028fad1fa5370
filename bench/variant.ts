import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PROJECT } from '../lab/home.js'

/** A copy of the action in which a file is without what matches; an error if nothing does. */
export async function actionWithout(folder: string, file: string, what: RegExp): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const part of ['action.yml', 'package.json', 'data', 'dist', 'docker'])
    await cp(path.join(PROJECT, part), path.join(folder, part), { recursive: true })
  const changed = path.join(folder, file)
  const text = await readFile(changed, 'utf8')
  const rest = text.replace(what, '')
  if (rest === text) throw new Error(`${file} has no ${String(what)} any more`)
  await writeFile(changed, rest)
  return folder
}
