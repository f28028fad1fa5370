import { describe, expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { PROJECT } from '../../lab/home.js'
import { progressOnStderr } from '../../lab/progress.js'
import type { StepResult } from '../../lab/runner.js'
import { ensureSample, SAMPLES } from '../../lab/samples.js'
import { startVendorApis, type VendorApis } from '../../lab/vendor-apis.js'
import { example, inputsOf } from '../support/examples.js'
import {
  docker,
  freshTag,
  labAfterAll,
  labBeforeAll,
  labTest,
  registryDigest,
  runAction,
  world
} from './support/lab.js'

const WORKFLOW_IMAGE = 'ghcr.io/acme/hello'
const COMMIT = '0123456789abcdef0123456789abcdef01234567'

/** The step of each workflow that runs the action, run with the inputs that stand there. */
describe('the example workflows', () => {
  let image: string
  let apis: VendorApis
  labBeforeAll(async () => {
    const [sample] = SAMPLES
    if (sample?.name !== 'plain-java') throw new Error('another sample')
    await ensureSample(sample, world, progressOnStderr)
    image = freshTag('examples').replace(/:[^:/]*$/, '')
    apis = await startVendorApis(world.jdkArchive ?? '')
  })
  labAfterAll(async () => {
    await apis.close()
    const tags = docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', image)
    for (const tag of tags.split('\n').filter(Boolean)) docker('image', 'rm', '--force', tag)
  })

  /** Runs the step; `expressions` has the value of every expression in it. */
  async function drive(
    name: string,
    expressions: Record<string, string> = {},
    more: Record<string, string> = {}
  ): Promise<StepResult> {
    const inputs = Object.entries({ ...more, ...inputsOf(example(name)) }).map(
      ([input, text]): [string, string] => [
        input,
        text
          .replaceAll(/\$\{\{ *(.+?) *\}\}/g, (_, expression: string) => {
            const value = expressions[expression]
            if (value === undefined) throw new Error(`no value for ${expression} in ${name}`)
            return value
          })
          .replaceAll(WORKFLOW_IMAGE, image)
      ]
    )
    const step = await runAction(Object.fromEntries(inputs), {
      workspace: path.join(PROJECT, 'samples/plain-java'),
      environment: { ...world.environment, AZUL_API_URL: apis.azulApiUrl }
    })
    if (step.exitCode !== 0) throw new Error(step.log)
    return step
  }

  labTest('a release moves both tags to the image that was proved', async () => {
    const { outputs } = await drive('release.yml', { 'github.ref_name': 'v1.0' })
    expect(outputs['digest']).toMatch(/^sha256:/)
    expect(await registryDigest(`${image}:v1.0`)).toBe(outputs['digest'])
    expect(await registryDigest(`${image}:crac`)).toBe(outputs['digest'])
    expect(outputs['restore-flags']).toContain('--cap-add CHECKPOINT_RESTORE')
  })

  labTest('a pull request pushes nothing, and has its figures', async () => {
    const { outputs, log } = await drive('pull-request.yml', {}, { 'verify-runs': '1' })
    expect(outputs['digest']).toBe('')
    expect(log).toContain('nothing is pushed')
    expect(Number(outputs['cold-start'])).toBeGreaterThan(0)
    expect(Number(outputs['restore-time'])).toBeGreaterThan(0)
    docker('image', 'rm', '--force', outputs['imageid'] ?? '')
  })

  labTest('a scheduled rebuild pushes once, and the next time has nothing to do', async () => {
    const first = await drive('scheduled-rebuild.yml')
    expect(first.outputs['skipped']).toBe('false')
    const second = await drive('scheduled-rebuild.yml')
    expect(second.outputs['skipped']).toBe('true')
    expect(second.outputs['digest']).toBe(first.outputs['digest'])
  })

  labTest('the images of two platforms are joined by the command of the workflow', async () => {
    const workflow = example('multi-platform.yml')
    const digests: (string | undefined)[] = []
    for (const platform of ['amd64', 'arm64']) {
      // Both are taken here, with the JDK of the same vendor: what is tested is how they come together.
      const { outputs } = await drive('multi-platform.yml', {
        'env.IMAGE': image,
        'github.sha': COMMIT,
        'matrix.platform': platform
      })
      expect(outputs['jdk-asset']).toMatch(/^zulu21/)
      digests.push(outputs['digest'])
    }
    const command = workflow.jobs['merge']?.steps.find(({ run }) => run !== undefined)?.run ?? ''
    execFileSync('bash', ['-c', command], {
      env: { ...process.env, ...world.environment, IMAGE: image, GITHUB_SHA: COMMIT },
      stdio: 'pipe'
    })
    const list = JSON.parse(docker('buildx', 'imagetools', 'inspect', '--raw', `${image}:crac`)) as {
      manifests: { digest: string }[]
    }
    expect(list.manifests.map(({ digest }) => digest).sort()).toEqual(digests.sort())
  })

  labTest('an attestation is of the digest that is in the registry', async () => {
    const { outputs } = await drive('attestation.yml')
    const { steps } = example('attestation.yml').jobs['image'] ?? { steps: [] }
    const attest = steps.find(({ uses }) => uses?.startsWith('actions/attest@'))
    expect(attest?.with).toMatchObject({
      'subject-name': WORKFLOW_IMAGE,
      'subject-digest': '${{ steps.crac.outputs.digest }}'
    })
    expect(await registryDigest(`${image}:crac`)).toBe(outputs['digest'])
  })
})
