import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { checkpointRefusal } from '../../src/diagnosis/checkpoint-exception.js'
import { parseJvmMemory } from '../../src/snapshot/jvm-memory.js'
import { ROOT } from '../support/inputs.js'
import { jdksOfMachine } from '../support/jdks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const jdks = jdksOfMachine()

// trigger.sh with a real JVM. Only the command JDK.checkpoint has an answer of this test.
describe('trigger.sh', () => {
  let home: string
  let jvm: ChildProcess | undefined
  temporaryFolder((created) => (home = created))
  beforeEach(async () => {
    for (const name of ['evidence', 'snapshot']) await mkdir(path.join(home, name))
    await copyFile(path.join(ROOT, 'docker/checkpoint/trigger.sh'), path.join(home, 'trigger.sh'))
  })
  afterEach(() => void jvm?.kill('SIGKILL'))

  /** Runs trigger.sh on a JVM with the options. `commands`: the commands of each run of jcmd. */
  async function trigger(jdk: string, options: string[]) {
    // A program of every JDK that runs until it is ended. The JVM prints its version when it can be attached to.
    const program = ['-showversion', '-m', 'java.rmi/sun.rmi.registry.RegistryImpl', '0']
    const java = spawn(path.join(jdk, 'bin/java'), [...options, '-Xmx64m', ...program])
    jvm = java
    await new Promise((resolve) => java.stderr.once('data', resolve))
    await writeFile(path.join(home, 'evidence/jvm.pid'), `${java.pid}\n`)
    await writeFile(
      path.join(home, 'jcmd'),
      `#!/bin/sh
printf '%s\\n;\\n' "$2" >>"${home}/commands"
case $2 in
*JDK.checkpoint) [ "$2" = JDK.checkpoint ] || "${jdk}/bin/jcmd" "$1" "\${2%JDK.checkpoint}"; echo "CR: Checkpoint ..." ;;
*) exec "${jdk}/bin/jcmd" "$@" ;;
esac
`
    )
    await chmod(path.join(home, 'jcmd'), 0o755)
    // What would end jcmd, if it got the options of the application.
    const env = {
      ...process.env,
      JAVA_TOOL_OPTIONS: '-XX:+NoSuchFlag',
      PATH: `${home}:${process.env['PATH']}`
    }
    const { stdout } = spawnSync('sh', [path.join(home, 'trigger.sh')], { env, encoding: 'utf8' })
    const commands = (await readFile(path.join(home, 'commands'), 'utf8')).split('\n;\n').slice(0, -1)
    const memory = await readFile(path.join(home, 'evidence/jvm-memory'), 'utf8')
    const flags = spawnSync(path.join(jdk, 'bin/jcmd'), [String(java.pid), 'VM.flags', '-all'], {
      encoding: 'utf8'
    }).stdout
    const flag = (name: string): string | undefined => new RegExp(` ${name} += (\\d+) `).exec(flags)?.[1]
    return { stdout, commands, memory, flag }
  }

  const jvmTest = jdks.length > 0 ? test : test.skip
  jvmTest.each(jdks.length > 0 ? jdks : ['no JDK'])(
    'the heap of %s is made as small as its content; then the flags have their values again',
    async (jdk) => {
      const { stdout, commands, memory, flag } = await trigger(jdk, [
        '-XX:+UseG1GC',
        '-XX:MinHeapFreeRatio=11',
        '-XX:MaxHeapFreeRatio=22',
        '-XX:OnOutOfMemoryError=echo secret'
      ])
      expect(commands).toHaveLength(2)
      expect(commands[0]).toContain(
        'VM.set_flag MinHeapFreeRatio 0\nVM.set_flag MaxHeapFreeRatio 0\nGC.run\n'
      )
      // The JVM refuses a minimum above the maximum.
      expect(commands[1]).toBe(
        'VM.set_flag MaxHeapFreeRatio 22\nVM.set_flag MinHeapFreeRatio 11\nJDK.checkpoint'
      )
      expect([flag('MinHeapFreeRatio'), flag('MaxHeapFreeRatio')]).toEqual(['11', '22'])
      expect(memory).not.toContain('secret')
      const needed = await readFile(path.join(home, 'snapshot/needed-files'), 'utf8')
      expect(needed).toMatch(/^x \/\S+\/lib\/server\/libjvm\.so$/m)
      expect(needed).toMatch(/^- \/\S+\/lib\/modules$/m)
      expect(needed).not.toMatch(/\/(proc|dev|tmp\/hsperfdata_)/)
      expect(memory).not.toContain('error')
      for (const ranges of Object.values(parseJvmMemory(memory))) expect(ranges).not.toBeUndefined()
      expect(stdout).toContain('CR: Checkpoint')
      expect(checkpointRefusal(stdout)).toBeUndefined()
    }
  )

  test('a JVM that does not report the flags gets only the command for the checkpoint', async () => {
    const { commands, stdout } = await trigger(await olderJdk(), [])
    expect(commands[1]).toBe('JDK.checkpoint')
    expect(stdout).toBe('CR: Checkpoint ...\n')
  })

  /** A JDK whose jcmd does not know the flags. */
  async function olderJdk(): Promise<string> {
    const files = {
      java: '#!/bin/sh\necho up >&2\nexec sleep 600\n',
      jcmd: '#!/bin/sh\necho "$1:"\necho "java.lang.IllegalArgumentException: Unknown diagnostic command"\nexit 1\n'
    }
    await mkdir(path.join(home, 'older/bin'), { recursive: true })
    for (const [name, content] of Object.entries(files)) {
      await writeFile(path.join(home, 'older/bin', name), content)
      await chmod(path.join(home, 'older/bin', name), 0o755)
    }
    return path.join(home, 'older')
  }
})
