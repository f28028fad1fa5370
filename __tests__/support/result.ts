import { UnsupportedRunner } from '../../src/lib/errors.js'
import { privilegeLevels } from '../../src/docker/privileges.js'
import type { LastImage } from '../../src/proof/figures-annotation.js'
import type { Checkpointed, Cold, Result } from '../../src/report/result.js'
import { figuresOf, type Start } from '../../src/proof/figures.js'
import type { Publication } from '../../src/registry/publish.js'
import type { SnapshotReading } from '../../src/snapshot/read.js'

const [LEAST] = privilegeLevels('least', { appArmor: false })

/** A start that responded after `answer` ms, and then 100 requests in `duration` ms. */
export function aStart(answer: number, duration?: number): Start {
  const requests = duration === undefined ? undefined : { count: 100, duration }
  return { answer, requests, jvm: undefined, criu: undefined }
}

export function aLastImage(): LastImage {
  const { answer, speedup, requests } = figuresOf([aStart(200, 300)], [aStart(2000, 900)])
  return {
    tag: 'ghcr.io/acme/hello:crac',
    digest: `sha256:${'d'.repeat(64)}`,
    figures: {
      runs: 1,
      restore: answer.restore,
      coldStart: answer.coldStart,
      speedup,
      requests,
      snapshotSize: 100_000_000,
      archive: undefined
    }
  }
}

export function aResult(changes: Partial<Checkpointed> = {}): Checkpointed {
  return {
    outcome: 'checkpointed',
    runner: {
      architecture: 'x64',
      version: '28.2.2',
      kernel: '6.17.0-1010-azure',
      operatingSystem: 'Ubuntu 24.04',
      appArmor: true,
      rootless: false,
      imageStore: 'graph driver',
      cpu: 'Intel(R) Xeon(R)',
      amx: true,
      glibc: '2.41',
      containerStart: 300,
      diskFree: 50e9,
      reach: { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' },
      privileges: [],
      refused: []
    },
    engine: {
      name: 'criu',
      kind: 'system',
      version: '4.1.1',
      why: 'the bundled one (3.17.1) fails here: Unexpected rt vDSO area bounds',
      privileges: []
    },
    jdk: {
      asset: {
        distribution: 'crac',
        version: '24-crac+20',
        aliases: [],
        major: 24,
        order: [24, 20],
        architecture: 'x64',
        name: 'openjdk-24-crac+20_linux-x64.tar.gz',
        url: 'https://api.github.com/repos/CRaC/openjdk-builds/releases/assets/1',
        size: 1000,
        sha256: undefined,
        sha1: undefined
      },
      file: '/cache/jdk.tar.gz',
      sha256: 'a'.repeat(64)
    },
    application: 'Micronaut layers (example.Application)',
    baseImage: 'debian:trixie-slim',
    snapshot: {
      size: 112_500_000,
      files: [],
      statistics: {
        freezingTime: 3020,
        frozenTime: 104_995,
        memdumpTime: 40_173,
        memwriteTime: 29_305,
        pagesScanned: 28_635,
        pagesWritten: 28_366
      },
      criuVersion: '4.1.1',
      serves: 'plain',
      startDuration: 1500,
      checkpointDuration: 700.4,
      trigger: 'action',
      criuDuration: 500,
      completedAt: undefined,
      handover: 60.2,
      warmUp: { sent: 200, failed: 1 },
      privileges: LEAST
    },
    proof: {
      figures: figuresOf(
        [aStart(90, 120), aStart(100, 110), aStart(120, 130)],
        [aStart(1500, 400), aStart(1400, 500), aStart(1600, 450)]
      ),
      last: undefined
    },
    reading: aReading(),
    image: { id: `sha256:${'b'.repeat(64)}`, privileges: LEAST, archive: undefined },
    publication: aPublication(),
    port: 8080,
    user: { uid: 10001, gid: 10001 },
    warnings: ['A restore is not faster than a normal start.'],
    logs: '/temp/logs',
    steps: [{ name: 'inspect', title: 'Inspect the runner', start: 3, milliseconds: 12 }],
    ...changes
  }
}

export function aPublication(changes: Partial<Publication> = {}): Publication {
  return {
    tags: ['ghcr.io/acme/hello:crac', 'ghcr.io/acme/hello:1.0'],
    digest: `sha256:${'c'.repeat(64)}`,
    layers: [{ createdBy: 'COPY trees/jdk/ /', rawSize: 150_700_000, size: 48_700_000, sent: true }],
    secrets: {
      mode: 'warn',
      bytes: 400_000_000,
      searched: ['secret-values line 1'],
      notSearched: ['env PIN (short)'],
      found: [
        {
          name: 'secret-values line 1',
          known: true,
          occurrences: [
            { file: '/snapshot/pages-1.img', mapping: 'Java heap', encoding: 'utf-16le', count: 2 },
            { file: '/tmp/settings', mapping: undefined, encoding: 'utf-8', count: 1 }
          ]
        }
      ],
      unopened: { count: 1, names: ['/app/backup.7z (encryption)'] },
      untrusted: undefined
    },
    ...changes
  }
}

function aReading(): SnapshotReading {
  return {
    map: {
      locate: () => undefined,
      sizes: () => {
        throw new Error('not in use')
      }
    },
    heap: { loadedBecause: '`memory` is `loaded`' },
    content: {
      maxHeap: 1_073_741_824,
      defaultHeap: true,
      restore: { mapped: 27_000_000, loaded: 89_187_136, loadedBecause: undefined },
      memory: {
        javaHeap: 28_352_512,
        code: 5_521_408,
        classes: 37_191_680,
        stacks: 1_203_699,
        tables: 1_302_528,
        nativeHeap: 39_993_344,
        files: 1_277_952,
        environment: 525,
        other: 2_646_016
      },
      processes: 1,
      threads: [
        { name: 'GC Thread', count: 2 },
        { name: 'VM Thread', count: 1 }
      ],
      user: { uid: 10001, gid: 10001, groups: [10001] },
      open: { files: ['/dev/null'], sockets: 0, others: 7 },
      environment: ['HOME', 'PATH']
    }
  }
}

/** Returns a reason why there is no snapshot. */
export function aReason(what: string): UnsupportedRunner {
  return new UnsupportedRunner(what, { fix: 'Use another runner.', evidence: 'Error (criu): no' })
}

/** Returns the result of a run on a runner that does not support snapshots. */
export function aCold(what = 'no CRIU works'): Cold {
  const { jdk, application, baseImage, image, publication, warnings, logs, steps, port, user } = aResult()
  const made = {
    jdk,
    application,
    baseImage,
    image: { ...image, privileges: undefined },
    publication,
    port,
    user
  }
  return {
    outcome: 'cold',
    why: aReason(what),
    refused: false,
    coldStarts: [aStart(900)],
    archiveStarts: [],
    ...made,
    warnings,
    logs,
    steps
  }
}

/** A result of each outcome, and of each way in which a part can be unknown. */
export function outcomes(): Record<string, Result> {
  const whole = aResult()
  const { publication, proof, warnings, logs, steps } = whole
  const { digest, tags } = publication
  const reading = aReading()
  const { content } = reading
  const { memory } = content
  if (!memory) throw new Error('the reading is not whole')
  const withContent = (changes: Partial<typeof content>): Result =>
    aResult({ reading: { ...reading, content: { ...content, ...changes } } })
  return {
    checkpointed: whole,
    'not pushed': aResult({
      publication: aPublication({ digest: undefined, layers: [{ createdBy: 'COPY', rawSize: 1 }] })
    }),
    'with Warp': aResult({
      engine: { name: 'warp' },
      image: { ...whole.image, privileges: undefined },
      reading: undefined,
      snapshot: {
        ...whole.snapshot,
        statistics: undefined,
        criuVersion: undefined,
        handover: undefined,
        privileges: undefined
      }
    }),
    'with ZGC': withContent({ memory: { ...memory, javaHeap: undefined } }),
    'with an archive': withArchive(),
    'with an archive that is not measured': { ...withArchive(), proof: { ...proof, figures: undefined } },
    'cold, with an archive': { ...aCold(), image: withArchive().image, archiveStarts: [aStart(500)] },
    'without measurements': { ...whole, proof: { ...proof, figures: undefined } },
    'after another image': { ...whole, proof: { ...proof, last: aLastImage() } },
    'a JVM that reports nothing': withContent({ memory: undefined, user: undefined, environment: undefined }),
    cold: aCold(),
    unchanged: { outcome: 'unchanged', digest: digest ?? '', tags, warnings, logs, steps },
    skipped: { outcome: 'skipped', why: aReason('AMX'), warnings, logs, steps }
  }
}

/** Returns the result of a run whose image has an archive of classes, after an image with a smaller one. */
export function withArchive(): Checkpointed {
  const { image, proof } = aResult()
  const { restores = [], coldStarts = [] } = proof.figures ?? {}
  const figures = figuresOf(restores, coldStarts, [aStart(700), aStart(750), aStart(800)])
  const last = aLastImage()
  const before = { start: { minimum: 900, median: 1000, maximum: 1100 }, size: 20_000_000 }
  return aResult({
    image: { ...image, archive: { kind: 'cds', size: 25_000_000 } },
    proof: { figures, last: { ...last, figures: { ...last.figures, archive: before } } }
  })
}
