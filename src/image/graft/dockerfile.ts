import type { ImageConfig } from '../../docker/inspect.js'

type Config = ImageConfig['Config']

/** Variables that lead to libraries of the old system; PATH is handled on its own. */
const NOT_KEPT = new Set(['PATH', 'LD_LIBRARY_PATH', 'LD_PRELOAD'])

/** PATH of a container whose image sets none. */
const PATH_OF_DOCKER = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Returns the variables of the application on another base: its own, and in PATH the folders of both. */
export function environmentOn(
  base: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>
): Record<string, string> {
  const kept = Object.fromEntries(Object.entries(own).filter(([name]) => !NOT_KEPT.has(name)))
  const folders = [own['PATH'] ?? '', base['PATH'] ?? PATH_OF_DOCKER].join(':').split(':').filter(Boolean)
  return { ...kept, PATH: [...new Set(folders)].join(':') }
}

/** Returns the instructions for what an image has besides files, variables, user and labels; the entry script replaces ENTRYPOINT. */
export function instructionsFor({ ExposedPorts, Volumes, StopSignal = '', Healthcheck }: Config): string[] {
  const volumes = Object.keys(Volumes ?? {})
  return [
    ...Object.keys(ExposedPorts ?? {})
      .filter((port) => /^\d+(?:\/\w+)?$/.test(port))
      .map((port) => `EXPOSE ${port}`),
    ...(volumes.length > 0 ? [`VOLUME ${JSON.stringify(volumes)}`] : []),
    ...(/^[\w+-]+$/.test(StopSignal) ? [`STOPSIGNAL ${StopSignal}`] : []),
    ...healthCheck(Healthcheck)
  ]
}

function healthCheck(check: Config['Healthcheck']): string[] {
  const [kind, ...words] = check?.Test ?? []
  if (kind === 'NONE') return ['HEALTHCHECK NONE']
  const command = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : words
  if (command.length === 0) return []
  const { Interval, Timeout, StartPeriod, Retries } = check ?? {}
  const times = Object.entries({ interval: Interval, timeout: Timeout, 'start-period': StartPeriod })
  const options = times.map(([name, time]) => (time ? `--${name}=${time}ns ` : '')).join('')
  return [`HEALTHCHECK ${options}${Retries ? `--retries=${Retries} ` : ''}CMD ${JSON.stringify(command)}`]
}
