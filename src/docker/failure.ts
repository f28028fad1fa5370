import { Failure, messageOf } from '../lib/errors.js'
import { TIMED_OUT, type CommandResult } from './process-group.js'

/** The client's error message if it cannot connect to the daemon. */
export const DAEMON_UNREACHABLE = /Cannot connect to the Docker daemon|failed to connect to the docker API/

/** The error message where a disk is full. */
export const DISK_FULL = /no space left on device/i

/** The fix where the rules of Docker are gone from iptables. */
export const RESTART_DOCKER =
  'Restart the Docker engine (`systemctl restart docker`), which writes them again. Reload a firewall, such as firewalld, only before Docker starts.'

/** Returns the Failure for a docker command that did not succeed; `fix` is for an unknown cause. */
export function dockerFailure(
  args: readonly string[],
  result: CommandResult,
  fix = 'Read the output of Docker below, which names the cause.'
): Failure {
  const evidence = lastLines(result.stderr || result.stdout, 20)
  const command = `docker ${args[0] ?? ''}`
  if (result.exitCode === TIMED_OUT) {
    return new Failure('runner', `${command} did not answer in time.`, {
      fix: 'Check the state of the Docker engine on the runner, and run the job again.',
      evidence
    })
  }
  if (DAEMON_UNREACHABLE.test(result.stderr) || /error during connect|unexpected EOF/.test(result.stderr)) {
    return new Failure('runner', 'The Docker engine does not respond.', {
      fix: 'Start the Docker engine, or set DOCKER_HOST to one that runs.',
      evidence,
      signature: { id: 'docker-daemon' }
    })
  }
  const version = /client version \S+ is too (?:old|new)[^\n]*/i.exec(result.stderr)?.[0]
  if (version !== undefined) {
    return new Failure(
      'runner',
      `The docker command line and the Docker engine are not compatible: ${version}`,
      {
        fix: 'Install the docker command line of the same version as the engine, 24 or newer; or set DOCKER_API_VERSION to a version that both support.',
        evidence
      }
    )
  }
  if (DISK_FULL.test(result.stderr)) {
    return new Failure('runner', `Not enough disk space: Docker's disk is full (${command}).`, {
      fix: "Free space on Docker's disk, for example with `docker system prune`.",
      evidence,
      signature: { id: 'docker-nospace', remedy: 'disk' }
    })
  }
  if (/No chain\/target\/match by that name/.test(result.stderr)) {
    return new Failure('runner', `Docker's rules of the firewall are gone from iptables (${command}).`, {
      fix: RESTART_DOCKER,
      evidence,
      signature: { id: 'docker-iptables' }
    })
  }
  return new Failure('runner', `${command} failed with exit code ${result.exitCode}.`, { fix, evidence })
}

/** Returns the last `count` non-empty lines of a text. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n')
}

/** Returns the Failure for a docker client that could not be started. */
export function clientNotStarted(error: unknown): Failure {
  return new Failure('runner', `The docker command could not be started: ${messageOf(error)}`, {
    fix:
      'Use a Linux runner with a Docker engine and its command line, version 24 or newer. A job in a container needs the ' +
      "command line in its image, and the runner's engine: GitHub's runners mount /var/run/docker.sock.",
    cause: error
  })
}
