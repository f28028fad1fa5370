import { describe, expect, test } from '@jest/globals'
import { diagnose, knownCause } from '../../src/diagnosis/diagnose.js'

const AMX = `(00.000012) Version: 4.1.1 (gitid 0)
(00.000034) Running on x Linux 6.17.0-1010-azure #10 SMP x86_64
(00.001100) Warn  (criu/kerndat.c:1195): $XDG_RUNTIME_DIR not set. Cannot find location for kerndat file
(00.001200) Error (criu/libnetlink.c:54): -1 reported by netlink: Operation not permitted
(00.002000) Dumping processes (pid: 137 comm: java)
(00.011875) Error (compel/arch/x86/src/lib/infect.c:413): Can't set FPU registers for 137: Bad address
(00.011900) Error (compel/src/lib/infect.c:1546): Can't init thread in parasite 137
(00.012000) Error (criu/cr-dump.c:1566): Can't dump threads
(00.013000) Unlock network
(00.013100) Unfreezing tasks into 1
(00.014000) Error (criu/cr-dump.c:2111): Dumping FAILED.`

test.each([
  ['5432', 'fw-jdbc'],
  ['6379', 'fw-redis'],
  ['9092', 'fw-kafka']
])('recognises a connection by its port alone: port %s is %s', (port, id) => {
  const socket = `tcp localAddr 10.0.0.3 localPort 36574 remoteAddr 10.0.0.2 remotePort ${port}`
  const app = `\tSuppressed: jdk.crac.impl.CheckpointOpenSocketException: ${socket}`
  expect(diagnose('dump', { app })?.signature?.id).toBe(id)
})

test.each([
  ['/tmp/libnetty_tcnative_linux_x86_641.so', 'criu-ghost-native'],
  ['/tmp/jna-96801/jna13.tmp', 'criu-ghost-native'],
  ['/tmp/libduckdb_java5521.so', 'criu-ghost-native'],
  ['/tmp/onnxruntime-java77/libonnxruntime.so.1.20', 'criu-ghost-native'],
  ['/tmp/cache.soap', 'criu-ghost-limit'],
  ['/tmp/upload.dat', 'criu-ghost-limit']
])('a deleted file that is too large for CRIU is a native library by its name: %s', (file, id) => {
  const criu = `(00.1) Error (criu/files-reg.c:950): Can't dump ghost file ${file} of 204194304 size, increase limit`
  expect(diagnose('dump', { criu })?.signature?.id).toBe(id)
})

describe('diagnose', () => {
  test('finds the cause in a whole log of CRIU, not the noise before it nor the errors that follow from it', () => {
    expect(
      diagnose('dump', { criu: AMX, jvm: 'CRIU failed with exit code 1 - check /cr/dump4.log' })
    ).toMatchObject({
      signature: { id: 'criu-amx-xsave' },
      category: 'jdk',
      line: expect.stringContaining("Can't set FPU registers for 137")
    })
  })

  test('recognises a kernel that is too new for CRIU', () => {
    const log = `(00.020) Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds
(00.021) Error (criu/vdso.c:650): Failed to fill self vdso symtable
(00.022) Error (criu/kerndat.c:1933): kerndat_vdso_fill_symtable failed when initializing kerndat.
(00.023) Error (criu/crtools.c:184): Could not initialize kernel features detection.`
    expect(diagnose('dump', { criu: log })?.signature?.id).toBe('criu-vdso-bounds')
  })

  test('finds lines of the application, the JVM and CRIU in the output of a container', () => {
    const log = `12:01:03.004 [main] INFO  io.micronaut.runtime.Micronaut - Startup completed in 804ms
Warn  (criu/kerndat.c:1195): $XDG_RUNTIME_DIR not set. Cannot find location for kerndat file
Error (criu/cr-restore.c:1230): Can't fork for 137: File exists
Error (criu/cr-restore.c:2320): Restoring FAILED.
OpenJDK 64-Bit Server VM warning: cannot restore
crac-checkpoint: the snapshot could not be restored here; see the lines above`
    expect(diagnose('restore', { app: log })).toMatchObject({
      signature: { id: 'criu-fork-eexist' },
      cause: expect.stringContaining('The process id 137 is already in use')
    })
  })

  test('prefers a line that names a library to a line about a socket, in any order', () => {
    const jcmd = `134:
An exception during a checkpoint operation:
jdk.crac.CheckpointException
	Suppressed: jdk.crac.impl.CheckpointOpenSocketException: Socket[addr=localhost/127.0.0.1,port=7777,localport=4]
	Suppressed: jdk.crac.impl.CheckpointOpenSocketException: Socket[addr=db/10.2.99.190,port=5432,localport=48524]`
    expect(diagnose('dump', { app: jcmd })?.signature?.id).toBe('fw-jdbc')
  })

  test('reports an unknown error of CRIU unchanged, and prefers it to a line that only points to another failure', () => {
    const finding = diagnose('dump', {
      jvm: 'CRIU failed with exit code 1 - check /cr/dump4.log',
      criu: '(00.01) Error (criu/new.c:7): sub: Something that is not known: 7\n(00.02) Error (criu/cr-dump.c:1): Dumping FAILED.'
    })
    expect(finding).toMatchObject({
      signature: undefined,
      cause: 'CRIU: sub: Something that is not known: 7.',
      category: 'runner'
    })
    expect(knownCause(finding)).toBeUndefined()
  })

  test('reports a line that only points to another failure if there is no other', () => {
    const finding = diagnose('dump', { app: 'CRIU failed with exit code 1 - check /cr/dump4.log' })
    expect(finding?.signature?.id).toBe('jvm-criu-exit')
    expect(knownCause(finding)).toBeUndefined()
  })

  test('ignores errors of CRIU before its success', () => {
    const log =
      "(00.1) Error (criu/x.c:1): Can't lookup mount=663 for fd=5 path=/x\n(00.2) Dumping finished successfully"
    expect(diagnose('dump', { criu: log })).toBeUndefined()
  })

  test('the success of CRIU does not refute earlier lines of the JVM', () => {
    const log = `Suppressed: jdk.crac.impl.CheckpointOpenFileException: /tmp/x.bin
Error (criu/x.c:1): Can't lookup mount=663 for fd=5 path=/x
Dumping finished successfully`
    expect(diagnose('dump', { app: log })?.signature?.id).toBe('jvm-open-file')
  })

  test('a success that the application quotes does not count', () => {
    const log = `Error (criu/cr-restore.c:1): Can't fork for 137: File exists
12:00 INFO shop - Restore finished successfully for order 7`
    expect(diagnose('restore', { app: log })?.signature?.id).toBe('criu-fork-eexist')
    const done =
      "Error (criu/x.c:1): Can't fork for 137: File exists\n(00.2) Restore finished successfully. Tasks resumed."
    expect(diagnose('restore', { criu: done })).toBeUndefined()
  })

  test('finds nothing in an empty log, nor in lines of CRIU that are not errors', () => {
    expect(diagnose('dump', { criu: '', app: 'Started in 3 s' })).toBeUndefined()
    expect(diagnose('dump', { criu: '(00.1) fdinfo: anon_inode:[io_uring]' })).toBeUndefined()
  })

  test('a read-only ns_last_pid is noise with the CRIU of the JDK, and the cause with CRIU 4', () => {
    const line = (path: string): string =>
      `Error (criu/cr-restore.c:1075): Can't open ${path}/sys/kernel/ns_last_pid on procfs: Read-only file system`
    expect(diagnose('restore', { app: line('-1') })?.signature?.id).toBe('criu-ns-last-pid-ro')
    const other = 'Error (criu/files-reg.c:1): File a has bad size 1 (expect 2)'
    expect(diagnose('restore', { app: `${line('12')}\n${other}` })?.signature?.id).toBe('criu-bad-size')
  })

  test('recognises a failed push', () => {
    const output =
      'The push refers to repository [ghcr.io/o/r]\nabc: Preparing\ndenied: permission_denied: write_package'
    expect(diagnose('push', { registry: output })).toMatchObject({
      signature: { id: 'reg-write-package' },
      category: 'registry'
    })
  })

  test('recognises a stack trace over several lines', () => {
    const log = 'java.lang.UnsupportedOperationException\n\tat org.crac.Core.checkpointRestore(Core.java:65)'
    expect(diagnose('dump', { app: log })?.signature?.id).toBe('jvm-crac-unsupported')
  })
})
