import path from 'node:path'
import { ensureBaseImage, ensureDocker, ownDocker } from './docker/docker.js'
import { offer, startGitHubStandIn } from './github-api/server.js'
import { labHome } from './home.js'
import { withLock } from './lock.js'
import type { Progress } from './progress.js'
import { ensureRegistry } from './registry.js'
import { ensureContext } from './samples.js'
import { ensureJdk, type LabJdk } from './stand-in-jdk.js'

/** Everything that the action needs around it. */
export interface World {
  /** Environment in which `docker` reaches the engine. */
  environment: NodeJS.ProcessEnv
  /** Environment of each Docker engine that tests may use side by side, the first one included. */
  engines: NodeJS.ProcessEnv[]
  /** Whether the lab started them, and so can start others. */
  ownDocker: boolean
  baseImage: string
  /** Host and port of a registry that takes a push without a login. */
  registry: string
  /** Inputs with which the action uses these parts. */
  inputs: Record<string, string>
  /** The CRaC JDK behind that API; undefined where it is the real API. */
  jdkArchive: string | undefined
  /** The built sample application. */
  context: string
  /** Stands for RUNNER_TOOL_CACHE. */
  toolCache: string
  /** Part → what it is, and whether it is the real thing. */
  parts: Record<string, string>
  close: () => Promise<void>
}

export function inputsFor(baseImage: string, githubApiUrl: string): Record<string, string> {
  return {
    'base-image': baseImage,
    'github-api-url': githubApiUrl,
    'github-token': process.env['GITHUB_TOKEN'] ?? ''
  }
}

/** Provides each part of the lab, from its cache where it was made before; of Docker so many, where it starts them itself. */
export async function openLab(progress: Progress, engines = 1): Promise<World> {
  const home = labHome()
  return await withLock(home, async () => {
    const engine = await ensureDocker(home, progress)
    const baseImage = await ensureBaseImage(home, engine, progress)
    const environments = [engine.environment]
    for (let number = 2; engine.own && number <= engines; number++) {
      const other = await ownDocker(home, progress, number)
      await ensureBaseImage(home, other, progress)
      environments.push(other.environment)
    }
    const registry = await ensureRegistry(home, progress)
    const context = await ensureContext({ environment: engine.environment, baseImage }, progress)
    const api = await ensureGitHubApi(async () => await ensureJdk(home, engine, baseImage, progress))
    return {
      environment: engine.environment,
      engines: environments,
      ownDocker: engine.own,
      baseImage,
      registry: registry.address,
      inputs: inputsFor(baseImage, api.url),
      jdkArchive: api.jdk?.file,
      context,
      toolCache: path.join(home, 'tool-cache'),
      parts: {
        engine: engine.description,
        CRIU: 'real, that of the base image',
        'base image': `real, ${baseImage}`,
        registry: registry.description,
        application: `real, ${context}`,
        'GitHub API': api.description,
        'CRaC JDK': api.jdk?.description ?? 'real, from that API'
      },
      close: api.close
    }
  })
}

interface Api {
  url: string
  description: string
  /** undefined where the API is not the stand-in. */
  jdk: LabJdk | undefined
  close: () => Promise<void>
}

async function ensureGitHubApi(jdkArchive: () => Promise<LabJdk>): Promise<Api> {
  const given = process.env['LAB_GITHUB_API_URL']
  if (given) {
    const description = `real, at ${given} (LAB_GITHUB_API_URL)`
    return { url: given, description, jdk: undefined, close: () => Promise.resolve() }
  }
  const jdk = await jdkArchive()
  const api = await startGitHubStandIn({ assets: [offer(jdk.file)] })
  return { url: api.url, description: `a stand-in on ${api.url}`, jdk, close: () => api.close() }
}
