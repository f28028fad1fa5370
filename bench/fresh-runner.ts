import path from 'node:path'
import { run } from '../lab/command.js'
import { ensureCriuImage } from '../lab/criu-image.js'
import { debianRoot } from '../lab/debian.js'
import { withEmptyDocker } from '../lab/docker/empty-docker.js'
import { offer, startGitHubStandIn } from '../lab/github-api/server.js'
import { labHome } from '../lab/home.js'
import { shapedNetwork } from '../lab/shaped-network.js'
import { LEAST_PROOF, runAction } from './action.js'
import type { Bench, Finding } from './bench.js'
import { median } from './rounds.js'
import { runScript } from './script-way/run.js'

const LINE = { bytesPerSecond: 50e6, roundTrip: 30 }

export const FRESH_RUNNER = [
  'Fresh runner: an engine without anything and an empty tool cache for each run. The base image is a plain Debian 13 without CRIU. Base image, list of releases, JDK and pushed layers pass through loopback proxies with 50 MB/s in each direction, shared by all connections, and a round trip of 30 ms. Packages of Debian come from the mirrors of this machine, at their own speed, on both sides.',
  'The script downloads the JDK with curl before its build. The action takes CRIU from an image behind that line (`criu-image`). The later run has the image of the first one at the registry, and takes its JDK (`reuse-layers: true`).'
]

/** Measures first and later runs on fresh runners behind a slow line, and the script way beside them. */
export async function freshRunner(bench: Bench): Promise<Finding> {
  const { world, id } = bench
  if (!world.ownDocker || world.jdkArchive === undefined)
    return {
      rows: [],
      targets: [],
      notes: ['Fresh runner: not measured without the engine and the JDK of the lab.']
    }
  const network = shapedNetwork(LINE)
  const api = await startGitHubStandIn({ assets: [offer(world.jdkArchive)] })
  try {
    const base = await pushPlainBase(bench)
    const registry = `localhost:${await network.portTo(portOf(`http://${world.registry}`))}`
    const github = `http://127.0.0.1:${await network.portTo(portOf(api.url))}`
    const baseImage = `${registry}/${base}`
    const criuImage = (await ensureCriuImage(world)).replace(world.registry, registry)
    const times = { script: [] as number[], first: [] as number[], later: [] as number[] }
    const rounds = bench.rounds(2)
    for (let round = 0; round < rounds; round++) {
      const tag = `${registry}/bench/fresh-${id}-${round}:crac`
      const action = async (kind: 'first' | 'later'): Promise<void> =>
        await withEmptyDocker(labHome(), async (environment) => {
          const toolCache = path.join(bench.folder, `fresh-${round}-${kind}`)
          const inputs = {
            ...{ ...LEAST_PROOF, 'base-image': baseImage, 'github-api-url': github },
            ...{ 'criu-image': criuImage, 'reuse-layers': 'true' }
          }
          const { milliseconds, metadata } = await runAction(bench, tag, inputs, { environment, toolCache })
          times[kind].push(milliseconds)
          const phases = metadata.phases.map(({ name, milliseconds }) => `${name} ${milliseconds}`)
          bench.progress(`d: fresh runner, ${kind} run: ${milliseconds.toFixed(0)} ms (${phases.join(', ')})`)
        })
      await action('first')
      await withEmptyDocker(labHome(), async (environment) => {
        const jdk = `${github}/repos/CRaC/openjdk-builds/releases/assets/1`
        const given = { environment, baseImage, jdk }
        const { milliseconds, steps } = await runScript(
          bench,
          `${registry}/bench/fresh-script-${id}-${round}:crac`,
          given
        )
        times.script.push(milliseconds)
        bench.progress(
          `d: fresh runner, script: ${milliseconds.toFixed(0)} ms (${steps.map((step) => step.join(' ')).join(', ')})`
        )
      })
      await action('later')
    }
    const ratio = (kind: 'first' | 'later'): number => median(times[kind]) / median(times.script)
    return {
      rows: [
        { name: 'fresh runner: the script way', unit: 'ms', values: times.script },
        { name: 'fresh runner: the action, first run', unit: 'ms', values: times.first },
        { name: 'fresh runner: the action, later run', unit: 'ms', values: times.later }
      ],
      targets: [
        {
          claim: 'fresh runner: a first run takes at most 0.75 of the time of the script',
          ratio: ratio('first'),
          limit: 0.75
        },
        {
          claim: 'fresh runner: a later run takes at most 0.4 of the time of the script',
          ratio: ratio('later'),
          limit: 0.4,
          why: 'the start, the checkpoint and the proof, which every run does, take 0.23 to 0.72 of the time of the script'
        }
      ]
    }
  } finally {
    await api.close()
    await network.close()
  }
}

/** Pushes a Debian 13 without further packages; returns its name without the registry. */
async function pushPlainBase({ world, folder, progress }: Bench): Promise<string> {
  const base = 'bench/base:plain'
  const name = `${world.registry}/${base}`
  const env = world.environment
  const root = await debianRoot(labHome(), 'trixie', [], progress)
  const archive = path.join(folder, 'plain.tar')
  const left = ['doc', 'info', 'locale', 'man'].map((part) => `--exclude=./usr/share/${part}/*`)
  await run('tar', ['--directory', root, '--one-file-system', ...left, '--create', '--file', archive, '.'])
  await run('docker', ['import', archive, name], { env })
  await run('rm', [archive])
  await run('docker', ['push', '--quiet', name], { env })
  await run('docker', ['image', 'rm', name], { env })
  return base
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
