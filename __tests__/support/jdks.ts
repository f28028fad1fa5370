import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

const JVMS = '/usr/lib/jvm'

/** Returns the homes of the JDKs 17 and newer of this machine. None of them takes checkpoints. */
export function jdksOfMachine(): string[] {
  const homes = (existsSync(JVMS) ? readdirSync(JVMS) : [])
    .map((name) => path.join(JVMS, name))
    .filter((home) => existsSync(path.join(home, 'bin/jcmd')) && majorVersion(home) >= 17)
  return [...new Set(homes.map((home) => realpathSync(home)))]
}

function majorVersion(jdk: string): number {
  const release = path.join(jdk, 'release')
  const version = existsSync(release) && /^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1]
  return Number(version || 0)
}
