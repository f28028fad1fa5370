import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../lib/clock.js'
import {
  DISTRIBUTIONS,
  newerFirst,
  parseVersionRequest,
  type Architecture,
  type JdkAsset
} from '../jdk/asset.js'
import { jdkSource, type JdkSource } from '../jdk/source.js'
import { patienceOf } from '../http/retry.js'
import { shipped, vendorApis } from '../shipped.js'
import { badInput, megabytes, parseChoice } from '../lib/values.js'
import { toolCacheFolder } from './tool-cache.js'

/** Prints a result on stdout, which has results only. */
export type Print = (text: string) => void

interface Options {
  distribution: string
  'java-version': string
  architecture: string
  'jdk-sha256': string | undefined
  output: string
  'github-api-url': string
  json: boolean
}

export async function jdkCommand(args: string[], print: Print): Promise<void> {
  const { positionals, values } = parse(args)
  const [command] = positionals
  const action = parseChoice('jdk', positionals.length === 1 ? (command ?? '') : positionals.join(' '), [
    'list',
    'resolve',
    'download'
  ])
  const vendor = parseChoice('distribution', values.distribution, vendors)
  const architecture: Architecture = parseChoice('architecture', values.architecture, ['x64', 'aarch64'])
  const source = sourceFor(values['github-api-url'])
  switch (action) {
    case 'list': {
      const assets = (await source.list(vendor, architecture)).filter(
        (asset) => asset.architecture === architecture
      )
      show(assets.sort(newerFirst), values.json, print)
      return
    }
    case 'resolve':
      show(
        [await source.resolve(vendor, parseVersionRequest(values['java-version']), architecture)],
        values.json,
        print,
        true
      )
      return
    case 'download': {
      const asset = await source.resolve(vendor, parseVersionRequest(values['java-version']), architecture)
      await downloadTo(source, asset, values, print)
    }
  }
}

const vendors = DISTRIBUTIONS.filter((name) => name !== 'file')

function parse(args: string[]): { positionals: string[]; values: Options } {
  const text = (value: string) => ({ type: 'string', default: value }) as const
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        distribution: text('crac'),
        'java-version': text('latest'),
        architecture: text(process.arch === 'arm64' ? 'aarch64' : 'x64'),
        'jdk-sha256': { type: 'string' },
        output: text('.'),
        'github-api-url': text('https://api.github.com'),
        json: { type: 'boolean', default: false }
      }
    })
    return { positionals, values: { ...values, 'jdk-sha256': values['jdk-sha256'] } }
  } catch (error) {
    throw badInput(
      'arguments',
      args.join(' '),
      `known options (${error instanceof Error ? error.message : ''})`
    )
  }
}

function sourceFor(githubApiUrl: string): JdkSource {
  const toolCache = toolCacheFolder()
  if (!URL.canParse(githubApiUrl)) throw badInput('github-api-url', githubApiUrl, 'a URL')
  return jdkSource({
    ...shipped(),
    ...vendorApis(process.env),
    clock: systemClock,
    githubApiUrl: new URL(githubApiUrl),
    githubToken: process.env['GITHUB_TOKEN'] || undefined,
    toolCache,
    info: (line) => console.error(line),
    warning: (line) => console.error(`warning: ${line}`),
    patience: patienceOf(process.env)
  })
}

async function downloadTo(source: JdkSource, asset: JdkAsset, options: Options, print: Print): Promise<void> {
  const temporaryFolder = await mkdtemp(path.join(tmpdir(), 'crac-checkpoint-'))
  try {
    const { file, sha256 } = await source.install(asset, {
      content: 'whole',
      jdkSha256: options['jdk-sha256']?.toLowerCase(),
      temporaryFolder,
      progress: process.stderr.isTTY ? progressBar : () => undefined
    })
    const copy = path.resolve(options.output, asset.name)
    await copyFile(file, copy)
    print(options.json ? JSON.stringify({ ...asset, sha256, file: copy }, undefined, 2) : copy)
  } finally {
    await rm(temporaryFolder, { recursive: true, force: true })
  }
}

function progressBar(bytes: number, total: number | undefined): void {
  const width = 40
  const share = total === undefined ? 0 : bytes / total
  const bar = '#'.repeat(Math.round(share * width)).padEnd(width, '.')
  process.stderr.write(`\r[${bar}] ${megabytes(bytes)}${bytes === total ? '\n' : ''}`)
}

function show(assets: JdkAsset[], json: boolean, print: Print, single = false): void {
  if (json) {
    print(JSON.stringify(single ? assets[0] : assets, undefined, 2))
    return
  }
  for (const asset of assets)
    print([asset.version, asset.name, asset.sha256 ?? 'no sha256', asset.url].join('\t'))
}
