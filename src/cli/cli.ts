#!/usr/bin/env node
import { asFailure, describeFailure, DOCS } from '../lib/errors.js'
import { shipped } from '../shipped.js'
import { buildCommand } from './build.js'
import { doctorCommand } from './doctor.js'
import { jdkCommand } from './jdk.js'

// The package's bin: parts of the action, from a terminal. The options are the names of the inputs.
const USAGE = `usage: crac-checkpoint build [options]
       crac-checkpoint doctor [options]
       crac-checkpoint jdk list|resolve|download [options]
       crac-checkpoint --version

build: the whole job; the options are the inputs of the action, each with a value, a list by an option for each of its
entries; ${DOCS}/inputs.md

  --context build/docker/main --tags ghcr.io/acme/hello:crac --push true ...
  --json                              JSON on stdout

doctor: can this machine take snapshots, and with what?

  --base-image IMAGE                  (default debian:trixie-slim)
  --privileges auto|least|privileged  (default auto)
  --criu auto|bundled|system          (default auto)
  --json                              JSON on stdout

jdk list: the CRaC JDKs of a distribution, the newest first
jdk resolve: the JDK that a version stands for
jdk download: downloads that JDK into the current folder and verifies it

  --distribution crac|zulu|liberica   (default crac)
  --java-version latest|21|17-crac+5  (default latest)
  --architecture x64|aarch64          (default: this machine's)
  --jdk-sha256 DIGEST                 the digest that the archive must have
  --output FOLDER                     for download (default .)
  --github-api-url URL                (default https://api.github.com)
  --json                              JSON on stdout

GITHUB_TOKEN raises the rate limit of queries. Archives and responses are kept in RUNNER_TOOL_CACHE, or in
~/.cache/crac-checkpoint.`

// @actions/tool-cache writes workflow commands (`::debug::...`) to stdout, which here is for the result only.
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = () => true
const answer = (text: string): boolean => write(`${text}\n`)

async function main([topic, ...args]: string[]): Promise<void> {
  const help = [topic, ...args].some((word) => word === '--help' || word === '-h')
  if (help) console.error(USAGE)
  else if (topic === '--version') answer(shipped().version)
  else if (topic === 'build') process.exitCode = await buildCommand(args, answer)
  else if (topic === 'doctor') process.exitCode = await doctorCommand(args, answer)
  else if (topic === 'jdk' && args.length > 0) await jdkCommand(args, answer)
  else {
    process.exitCode = 2
    console.error(USAGE)
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(describeFailure(asFailure(error)))
  process.exitCode = 1
})
