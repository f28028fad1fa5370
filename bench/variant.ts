import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PROJECT } from '../lab/home.js'

/** A copy of the action in which a file is without the lines that match; an error if there are none. */
export async function actionWithout(folder: string, file: string, lines: RegExp): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const part of ['action.yml', 'package.json', 'data', 'dist', 'docker'])
    await cp(path.join(PROJECT, part), path.join(folder, part), { recursive: true })
  const changed = path.join(folder, file)
  const all = (await readFile(changed, 'utf8')).split('\n')
  const kept = all.filter((line) => !lines.test(line))
  if (kept.length === all.length) throw new Error(`${file} has no line ${String(lines)} any more`)
  await writeFile(changed, kept.join('\n'))
  return folder
}
