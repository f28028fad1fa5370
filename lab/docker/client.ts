import { existsSync } from 'node:fs'
import { cp, mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { attempt } from '../command.js'

/** Docker 20.10, which Debian 12 has, does not know the capability CHECKPOINT_RESTORE. */
export const OLDEST_ENGINE = 24

/** Version of the engine that `docker` reaches by itself, if it is new enough. */
export async function runningDocker(
  environment: NodeJS.ProcessEnv = process.env
): Promise<string | undefined> {
  const format = ['version', '--format', '{{.Server.Version}}']
  const { code, stdout } = await attempt('docker', format, { env: environment })
  const version = stdout.trim()
  return code === 0 && parseInt(version, 10) >= OLDEST_ENGINE ? version : undefined
}

/** The environment in which `docker` reaches the engine whose socket is in a folder. */
export async function clientEnvironment(
  home: string,
  root: string,
  sockets: string
): Promise<NodeJS.ProcessEnv> {
  return {
    ...process.env,
    DOCKER_HOST: `unix://${sockets}/docker.sock`,
    DOCKER_CONFIG: await clientConfig(home, root),
    PATH: `${await clientFolder(home, root)}:${process.env['PATH']}`
  }
}

/** A DOCKER_CONFIG of the lab's own: with buildx and compose of Debian 13, and without the user's logins. */
async function clientConfig(home: string, root: string): Promise<string> {
  const config = path.join(home, 'docker-config')
  for (const name of ['docker-buildx', 'docker-compose']) {
    const plugin = path.join(config, 'cli-plugins', name)
    if (existsSync(plugin)) continue
    await mkdir(path.dirname(plugin), { recursive: true })
    await cp(path.join(root, 'usr/libexec/docker/cli-plugins', name), plugin)
  }
  return config
}

/** Folder with the `docker` command: empty where the machine has one, else with that of Debian 13. */
async function clientFolder(home: string, root: string): Promise<string> {
  const folder = path.join(home, 'bin')
  await mkdir(folder, { recursive: true })
  const client = path.join(folder, 'docker')
  const onPath = (await attempt('which', ['docker'])).code === 0
  if (!onPath && !existsSync(client)) await symlink(path.join(root, 'usr/bin/docker'), client)
  return folder
}
