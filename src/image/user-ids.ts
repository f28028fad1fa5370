import type { ImageFiles } from '../docker/image-files.js'

/** The user and the group of the application where neither the input `user` nor the image names one. */
export const DEFAULT_USER = { uid: 10001, gid: 10001 }

/** Values of USER that are root; the application then runs as another user. */
export const ROOT: ReadonlySet<string> = new Set(['', 'root', '0', '0:0', 'root:root'])

/**
 * Returns the ids `uid:gid` of a USER instruction, which may have names, in an image; undefined where its /etc/passwd and /etc/group do
 * not have them.
 */
export async function idsOfUser(files: ImageFiles, user: string): Promise<string | undefined> {
  if (/^\d+:\d+$/.test(user)) return user
  const lists = [await files.text('/etc/passwd'), await files.text('/etc/group')]
  return idsIn(lists.map((text) => text ?? '').join('\n'), user)
}

/** Returns the ids of a user in the text of /etc/passwd, followed by that of /etc/group. */
export function idsIn(text: string, user: string): string | undefined {
  const [name = '', group] = user.split(':')
  const entries = text.split('\n').map((line) => line.split(':'))
  const users = entries.filter(({ length }) => length === 7)
  const groups = entries.filter(({ length }) => length === 4)
  const found = users.find(([one, , uid]) => one === name || uid === name)
  const uid = found?.[2] ?? (/^\d+$/.test(name) ? name : undefined)
  const gid =
    group === undefined
      ? (found?.[3] ?? '0')
      : (groups.find(([one, , id]) => one === group || id === group)?.[2] ??
        (/^\d+$/.test(group) ? group : undefined))
  return uid === undefined || gid === undefined ? undefined : `${uid}:${gid}`
}
