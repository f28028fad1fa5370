#!/usr/bin/env node
import { mkdirSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from './clock.js'
import { describeFailure, asFailure } from './errors.js'
import {
  DISTRIBUTIONS,
  newerFirst,
  parseVersionRequest,
  type Architecture,
  type JdkAsset
} from './jdk/asset.js'
import { jdkSource, type JdkSource } from './jdk/source.js'
import { patienceOf } from './net/fetch.js'
import { shipped, vendorApis } from './surroundings.js'
import { badInput, parseChoice } from './values.js'

// The package's bin: what the action does about JDKs, from a terminal. The options are the names of the inputs.
const USAGE = `usage: crac-checkpoint jdk list|resolve|download [options]

  list       the CRaC JDKs of a distribution, the newest first
  resolve    the one that a version means
  download   that one, verified, into the current folder

  --distribution crac|zulu|liberica   (default crac)
  --java-version latest|21|17-crac+5  (default latest)
  --architecture x64|aarch64          (default: this machine's)
  --jdk-sha256 DIGEST                 the digest that the archive must have
  --output FOLDER                     for download (default .)
  --github-api-url URL                (default https://api.github.com)
  --json                              JSON on stdout

GITHUB_TOKEN raises the rate limit of the look-up. Archives and answers are kept in RUNNER_TOOL_CACHE, or in
~/.cache/crac-checkpoint.`

// @actions/tool-cache writes workflow commands (`::debug::...`) to stdout, which is for the answer alone here.
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = () => true
const answer = (text: string): boolean => write(`${text}\n`)

interface Options {
  distribution: string
  'java-version': string
  architecture: string
  'jdk-sha256': string | undefined
  output: string
  'github-api-url': string
  json: boolean
}

async function main(args: string[]): Promise<void> {
  const { positionals, values } = parse(args)
  const [topic, command] = positionals
  if (values.help || topic !== 'jdk' || positionals.length !== 2) {
    if (!values.help) process.exitCode = 2
    console.error(USAGE)
    return
  }
  const vendor = parseChoice('distribution', values.distribution, vendors)
  const architecture: Architecture = parseChoice('architecture', values.architecture, ['x64', 'aarch64'])
  const source = sourceFor(values['github-api-url'])
  switch (parseChoice('jdk', command ?? '', ['list', 'resolve', 'download'])) {
    case 'list': {
      const found = (await source.list(vendor, architecture)).filter(
        (asset) => asset.architecture === architecture
      )
      show(found.sort(newerFirst), values.json)
      return
    }
    case 'resolve':
      show(
        [await source.resolve(vendor, parseVersionRequest(values['java-version']), architecture)],
        values.json,
        true
      )
      return
    case 'download': {
      const asset = await source.resolve(vendor, parseVersionRequest(values['java-version']), architecture)
      await downloadTo(source, asset, values)
    }
  }
}

const vendors = DISTRIBUTIONS.filter((name) => name !== 'file')

function parse(args: string[]): { positionals: string[]; values: Options & { help: boolean } } {
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
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' }
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
  const toolCache = process.env['RUNNER_TOOL_CACHE'] ?? path.join(homedir(), '.cache', 'crac-checkpoint')
  mkdirSync(toolCache, { recursive: true })
  // @actions/tool-cache reads these two itself.
  process.env['RUNNER_TOOL_CACHE'] = toolCache
  process.env['RUNNER_TEMP'] ??= tmpdir()
  if (!URL.canParse(githubApiUrl)) throw badInput('github-api-url', githubApiUrl, 'a URL')
  return jdkSource(
    {
      ...shipped(),
      ...vendorApis(process.env),
      clock: systemClock,
      githubApiUrl: new URL(githubApiUrl),
      githubToken: process.env['GITHUB_TOKEN'] || undefined,
      toolCache,
      info: (line) => console.error(line),
      warning: (line) => console.error(`warning: ${line}`)
    },
    patienceOf(process.env)
  )
}

async function downloadTo(source: JdkSource, asset: JdkAsset, options: Options): Promise<void> {
  const temporaryFolder = await mkdtemp(path.join(tmpdir(), 'crac-checkpoint-'))
  try {
    const { file, sha256 } = await source.install(asset, {
      jdkSha256: options['jdk-sha256']?.toLowerCase(),
      temporaryFolder,
      progress: process.stderr.isTTY ? progressBar : () => undefined
    })
    const copy = path.resolve(options.output, asset.name)
    await copyFile(file, copy)
    answer(options.json ? JSON.stringify({ ...asset, sha256, file: copy }, undefined, 2) : copy)
  } finally {
    await rm(temporaryFolder, { recursive: true, force: true })
  }
}

function progressBar(bytes: number, total: number | undefined): void {
  const width = 40
  const share = total === undefined ? 0 : bytes / total
  const bar = '#'.repeat(Math.round(share * width)).padEnd(width, '.')
  process.stderr.write(`\r[${bar}] ${(bytes / 1e6).toFixed(1)} MB${bytes === total ? '\n' : ''}`)
}

function show(assets: JdkAsset[], json: boolean, single = false): void {
  if (json) {
    answer(JSON.stringify(single ? assets[0] : assets, undefined, 2))
    return
  }
  for (const asset of assets)
    answer([asset.version, asset.name, asset.sha256 ?? 'no sha256', asset.url].join('\t'))
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(describeFailure(asFailure(error)))
  process.exitCode = 1
})
