import { expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { PROJECT } from '../../lab/home.js'
import { inputVariables, parseCommandFile } from '../../lab/runner.js'
import { docker, e2eSuite, freshTag, labAfterAll, labBeforeAll, labTest, world } from './support/lab.js'

// A job in a container: dist/ runs in one, with the engine's socket in it, as `container:` in a workflow has it.
e2eSuite('a job in a container', ['Server'], ({ context }) => {
  const name = `e2e-job-${process.pid}`
  const image = freshTag('container-job')
  labBeforeAll(() => {
    docker('network', 'create', name)
    // Where the engine itself sees its socket: the lab's has a place of its own for it.
    const socket = world.environment['DOCKER_HOST'] ? '/run/lab/docker.sock' : '/var/run/docker.sock'
    const mount = ['--volume', `${socket}:/var/run/docker.sock`]
    docker('run', '--detach', '--name', name, '--network', name, ...mount, world.baseImage, 'sleep', '600')
    const programs = { node: process.execPath, docker: which('docker'), 'docker-buildx': buildx() }
    for (const [program, file] of Object.entries(programs)) {
      const folder = program === 'docker-buildx' ? '/root/.docker/cli-plugins' : '/usr/local/bin'
      docker('exec', name, 'mkdir', '-p', folder)
      docker('cp', '--follow-link', file, `${name}:${folder}/${program}`)
    }
    docker('exec', name, 'mkdir', '-p', '/action', '/work', '/temp', '/tools')
    for (const part of ['dist', 'docker', 'data', 'package.json'])
      docker('cp', path.join(PROJECT, part), `${name}:/action/${part}`)
    docker('cp', path.join(context, 'app.jar'), `${name}:/work/app.jar`)
    docker('cp', world.jdkArchive ?? '', `${name}:/work/jdk.tar.gz`)
  })
  labAfterAll(() => {
    docker('rm', '--force', '--volumes', name)
    docker('network', 'rm', name)
    docker('image', 'rm', '--force', image)
  })

  const which = (program: string): string => execFileSync('which', [program], { encoding: 'utf8' }).trim()
  const buildx = (): string =>
    execFileSync(
      'docker',
      ['info', '--format', '{{range .ClientInfo.Plugins}}{{if eq .Name "buildx"}}{{.Path}}{{end}}{{end}}'],
      { env: world.environment, encoding: 'utf8' }
    ).trim()

  labTest('reaches the application through its own network, and takes and proves a snapshot', async () => {
    const inputs = await inputVariables({
      tags: image,
      'base-image': world.baseImage,
      distribution: 'file',
      'jdk-file': 'jdk.tar.gz',
      'ready-url': '/',
      'verify-runs': '1'
    })
    const variables = {
      ...inputs,
      GITHUB_OUTPUT: '/temp/output',
      GITHUB_STATE: '/temp/state',
      GITHUB_WORKSPACE: '/work',
      RUNNER_TEMP: '/temp',
      RUNNER_TOOL_CACHE: '/tools'
    }
    docker('exec', name, 'touch', '/temp/output', '/temp/state')
    const flags = Object.entries(variables).flatMap(([variable, value]) => ['--env', `${variable}=${value}`])
    const log = docker('exec', '--workdir', '/work', ...flags, name, 'node', '/action/dist/index.cjs')
    expect(log).not.toContain('::error::')
    const outputs = parseCommandFile(docker('exec', name, 'cat', '/temp/output'))
    expect(Number(outputs['restore-time'])).toBeGreaterThan(0)
    expect(docker('image', 'ls', '--quiet', image)).not.toBe('')

    const saved = parseCommandFile(docker('exec', name, 'cat', '/temp/state'))
    const state = Object.entries(saved).flatMap(([key, value]) => ['--env', `STATE_${key}=${value}`])
    docker('exec', ...flags, ...state, name, 'node', '/action/dist/index.cjs')
    expect(docker('image', 'ls', '--format', '{{.Repository}}')).not.toContain(`run-${saved['run']}`)
  })
})
