import { hostname } from 'node:os'
import { parseArgs } from 'node:util'
import { createDocker } from '../docker/docker.js'
import type { Reach } from '../docker/containers.js'
import { describeFailure, Failure } from '../lib/errors.js'
import { systemClock } from '../lib/clock.js'
import { criuLimits, limitedHosts } from '../diagnosis/criu-limits.js'
import { inspectRunner, type Runner } from '../runner/inspect.js'
import { newRunId } from '../run/run-id.js'
import { badInput, parseChoice } from '../lib/values.js'
import type { Print } from './jdk.js'
import { terminalLog } from './terminal-log.js'

/**
 * `doctor`: the inspection of the runner alone, and what would be used here. The exit code is 1 where a run would be
 * refused.
 */
export async function doctorCommand(args: string[], answer: Print): Promise<number> {
  const options = parse(args)
  try {
    const runner = await inspectRunner(
      {
        docker: createDocker(process.env),
        clock: systemClock,
        platform: process.platform,
        hostname: hostname(),
        log: { ...terminalLog((line) => console.error(line), systemClock), info: () => undefined }
      },
      { run: await newRunId(), ...options, engine: 'auto', skipUnchanged: false }
    )
    answer(options.json ? JSON.stringify(reportOf(runner, options), undefined, 2) : describe(runner, options))
    return 0
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (options.json) {
      const { category, message, fix, evidence } = error
      answer(JSON.stringify({ supported: false, category, message, fix, evidence }, undefined, 2))
    } else {
      console.error(describeFailure(error))
    }
    return 1
  }
}

interface DoctorOptions {
  baseImage: string
  privileges: 'auto' | 'least' | 'privileged'
  criu: 'auto' | 'bundled' | 'system'
  json: boolean
}

function parse(args: string[]): DoctorOptions {
  const text = (value: string) => ({ type: 'string', default: value }) as const
  try {
    const { values } = parseArgs({
      args,
      options: {
        'base-image': text('debian:trixie-slim'),
        privileges: text('auto'),
        criu: text('auto'),
        json: { type: 'boolean', default: false }
      }
    })
    return {
      baseImage: values['base-image'],
      privileges: parseChoice('privileges', values.privileges, ['auto', 'least', 'privileged']),
      criu: parseChoice('criu', values.criu, ['auto', 'bundled', 'system']),
      json: values.json
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw badInput(
      'arguments',
      args.join(' '),
      `known options (${error instanceof Error ? error.message : ''})`
    )
  }
}

function reportOf(runner: Runner, options: DoctorOptions): object {
  const { privileges, ...rest } = runner
  return {
    supported: true,
    ...rest,
    containerStart: rest.containerStart && Math.round(rest.containerStart),
    baseImage: options.baseImage,
    privileges: privileges[0]?.level,
    checkpointFlags: privileges[0]?.checkpoint,
    restoreFlags: privileges[0]?.restore('seccomp.json'),
    criu: options.criu,
    criuLimits: criuLimits(runner)
  }
}

function describe(runner: Runner, options: DoctorOptions): string {
  const [granted] = runner.privileges
  const rows: [string, string][] = [
    ['engine', `Docker ${runner.version}, ${runner.operatingSystem}${runner.rootless ? ', rootless' : ''}`],
    ['architecture', runner.architecture],
    ['kernel', runner.kernel],
    ['CPU', `${runner.cpu ?? 'unknown'}${runner.amx ? ', with AMX' : ''}`],
    ['AppArmor', runner.appArmor === undefined ? 'unknown' : runner.appArmor ? 'yes' : 'no'],
    ['base image', `${options.baseImage}, ${runner.glibc ? `glibc ${runner.glibc}` : 'without glibc'}`],
    ['ports', describeReach(runner.reach)],
    ...runner.refused.map(({ level, reason }): [string, string] => [`not ${level}`, reason]),
    ['privileges', granted?.level ?? 'none'],
    ['checkpoint', granted?.checkpoint.join(' ') ?? ''],
    ['restore', granted?.restore('seccomp.json').join(' ') ?? ''],
    ['CRIU', criuText(options.criu)],
    ...criuLimits(runner).map((limit): [string, string] => [
      `CRIU < ${limit.fixedIn}`,
      `${limit.always ? 'fails' : 'may fail'} on ${limitedHosts(limit)}: ${limit.reason}`
    ])
  ]
  const lines = rows.map(([name, value]) => `${name.padEnd(13)} ${value}`)
  return ['This machine can probably take snapshots; `crac-checkpoint build` proves it.', '', ...lines].join(
    '\n'
  )
}

function criuText(criu: DoctorOptions['criu']): string {
  const which = { auto: "the base image's and the JDK's", bundled: "the JDK's", system: "the base image's" }[
    criu
  ]
  return `${which}; a run tries by a dump which of them works here`
}

function describeReach(reach: Reach): string {
  return reach.by === 'network'
    ? `through the network ${reach.network}, which this container is in`
    : `published on ${reach.bind}, reached as ${reach.host}`
}
