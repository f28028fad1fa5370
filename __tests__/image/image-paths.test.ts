import { expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import * as paths from '../../src/lib/image-paths.js'
import { ROOT } from '../support/inputs.js'

const read = (name: string): string => readFileSync(path.join(ROOT, 'docker', name), 'utf8')
const { launch, evidence, heap, markers } = {
  launch: paths.LAUNCH_FILES,
  evidence: paths.EVIDENCE_FILES,
  heap: paths.HEAP_FILES,
  markers: paths.MARKERS
}

// What the scripts write or read, as it stands in them: `$here` is the folder of the script.
test.each<[string, string[]]>([
  [
    'Dockerfile',
    [
      `JAVA_HOME=${paths.JAVA_LINK} `,
      `HOME=${paths.HOME_DIR}\n`,
      `["${paths.CRAC_DIR}/checkpoint.sh"]`,
      `["${paths.CRAC_DIR}/entrypoint.sh"]`,
      `/trees/jdk${paths.JDK_DIR}/`,
      `${paths.SNAPSHOT_DIR}/ ${paths.SNAPSHOT_DIR}/`,
      `${paths.HOME_DIR}/ ${paths.HOME_DIR}/`
    ]
  ],
  ['tools/prepare-base.sh', [`"$tree${paths.CRAC_DIR}"`, `"$tree${paths.APP_DIR}"`, `:${paths.HOME_DIR}:`]],
  ['tools/prepare-base.sh', [`tree=/trees/checkpoint${paths.CRAC_DIR}`, '"$tree/snapshot" "$tree/evidence"']],
  ['tools/prepare-jdk.sh', [`$tree${paths.JDK_DIR}/*`, `$tree${paths.CRAC_DIR}\n`, paths.JAVA_LINK]],
  ['tools/prepare-criu.sh', [`home=${paths.CRAC_DIR.slice(1)}\n`]],
  [
    'image/entrypoint.sh',
    [
      `"${markers.notRestored}: $cause. See $page"`,
      `restored=$folder/${paths.RESTORED_MARK}$id\n`,
      '-XX:CRaCRestoreFrom=$here/snapshot'
    ]
  ],
  [
    'image/entrypoint.sh',
    [launch.mainClass, launch.javaOptions, launch.application, launch.arguments, launch.ownOptions].map(
      (name) => `"$here/${name}"`
    )
  ],
  [
    'checkpoint/checkpoint.sh',
    [launch.javaOptions, launch.checkpointOptions, launch.application, launch.arguments, launch.cpuFeatures]
      .map((name) => `"$here/${name}"`)
      .concat('-XX:CRaCCheckpointTo=$here/snapshot')
  ],
  [
    'checkpoint/checkpoint.sh',
    [evidence.completed, evidence.listing, evidence.jvmPid, evidence.images]
      .map((name) => `"$here/evidence/${name}"`)
      .concat(
        `for file in ${evidence.criuLog} ${evidence.statistics};`,
        `"${markers.jvmEnded} $code, as it does`
      )
  ],
  [
    `checkpoint/${paths.SCRIPTS.trigger}`,
    [
      `evidence=$(dirname "$0")${paths.EVIDENCE_DIR.slice(paths.CRAC_DIR.length)}\n`,
      ...[evidence.jvmPid, evidence.jvmMemory, evidence.environmentNames].map((name) => `$evidence/${name}`)
    ]
  ],
  [
    `checkpoint/${paths.SCRIPTS.mapHeap}`,
    [
      `heap=${paths.EVIDENCE_DIR}/${heap.folder}\n`,
      `cd ${paths.SNAPSHOT_DIR}\n`,
      ...[heap.mapped, heap.loaded].map((name) => `<"$heap/${name}"`),
      `"$heap"/${heap.images}/*`
    ]
  ],
  [
    'image/entrypoint.sh',
    [
      ...[paths.ARCHIVE_FILES.options, paths.ARCHIVE_FILES.size].map((name) => `"$here/archive/${name}"`),
      '${CRAC_ARCHIVE-true}'
    ]
  ],
  [`checkpoint/${paths.SCRIPTS.train}`, ['"$here/entrypoint.sh"', '$CRAC_ARCHIVE_FOLDER/classes.aot']],
  [
    `checkpoint/${paths.SCRIPTS.dumpArchive}`,
    [`"${markers.archive} $kind"`, '$CRAC_ARCHIVE_FOLDER/classes.$kind']
  ],
  [
    `checkpoint/${paths.SCRIPTS.tryCriu}`,
    [`"${markers.engines} $(`, `"${markers.trial} $kind $(`, `"${markers.trial} $kind ended with $code"`]
  ]
])('docker/%s uses the names of src/lib/image-paths.ts', (script, names) => {
  const text = read(script)
  for (const name of names) expect(text).toContain(name)
})

test('src/lib/image-paths.ts has every problem that docker/tools/ reports, and the name of the seccomp profile', () => {
  const reported = readdirSync(path.join(ROOT, 'docker/tools')).flatMap((name) =>
    [...read(`tools/${name}`).matchAll(/crac-checkpoint: (NO-\w+):/g)].map(([, problem]) => problem ?? '')
  )
  expect(new Set(reported)).toEqual(new Set(/\((NO-.*?)\)/.exec(paths.BUILD_PROBLEM.source)?.[1]?.split('|')))
  expect(existsSync(path.join(ROOT, 'docker', launch.seccompProfile))).toBe(true)
})

// Its digest decides whether it is uploaded again, and Docker may write the entries of other layers in another order.
test('docker/Dockerfile has the layer of the JDK directly on the base image', () => {
  expect(read('Dockerfile')).toMatch(
    /^FROM \$\{BASE_IMAGE\} AS base\nUSER root\n(?:#.*\n)*COPY --from=tools \/trees\/jdk\/ \/$/m
  )
})
