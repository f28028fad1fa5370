import { describe, expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { startRegistryFront } from '../../../lab/registry-front.js'
import {
  docker,
  freshTag,
  labBeforeAll,
  labTest,
  pulledAgain,
  registryDigest,
  world
} from '../support/lab.js'
import { applicationForImages, expectSame, javaImage, made, pushIndex, remade } from '../support/makers.js'

const MINUTES = 60_000

interface Layer {
  createdBy: string
  size: number
  sent: boolean
}

/** Layers with the JDK, the scripts, CRIU and the snapshot. */
const ADDED = /trees\/(?:jdk|launch|restore)|snapshot/

// The original is started normally beside the image that is made of it.
describe('the image of a maker is restored as it was', () => {
  let java: string
  labBeforeAll(() => {
    java = javaImage()
  }, 10 * MINUTES)

  labTest(
    'jib, without an engine, in an index for more platforms: only what the action adds is sent',
    async () => {
      const sources = await applicationForImages('plain')
      const front = await startRegistryFront(world.registry)
      try {
        const name = freshTag('jib').replace(/^[^/]+\/|:crac$/g, '')
        execFileSync(
          'mvn',
          [
            ...['--quiet', '--batch-mode', 'package', 'jib:build', '-DsendCredentialsOverHttp=true'],
            ...[`-Djib.from.image=${java}`, `-Djib.to.image=${world.registry}/${name}:1`]
          ],
          { cwd: sources }
        )
        const index = await pushIndex(name, '1')
        const [original, tag] = [`${front.address}/${name}:index`, `${front.address}/${name}:crac`]
        const step = await made({ image: original, tags: tag })
        expect(step.log).toContain(`${original} is ${index}.`)
        expect(step.log).toContain('Found: image')
        const { image } = JSON.parse(step.outputs['metadata'] ?? '') as { image: { layers: Layer[] } }
        const own = Number(docker('image', 'inspect', '--format', '{{len .RootFS.Layers}}', original))
        expect(image.layers.slice(0, own).filter((layer) => layer.sent)).toEqual([])
        const most = image.layers
          .filter(({ createdBy }) => ADDED.test(createdBy))
          .reduce((sum, { size }) => sum + size, 0)
        // With the manifest, the configuration and empty layers.
        expect(front.received).toBeLessThan(most + 64 * 1024)
        // The front does not answer while the test waits for a command.
        await expectSame(`${world.registry}/${name}:crac`, step, { original })
      } finally {
        await front.close()
      }
    },
    20 * MINUTES
  )

  labTest(
    'Cloud Native Buildpacks: a launcher, layers and their programs',
    async () => {
      const { original, tag, step } = await remade('buildpacks', 'plain', java)
      expect(step.log).toContain('/cnb/process/web was run up to java, without a network')
      expect(step.log).toContain(
        'It writes these files, and the image has them: /layers/paketo_jre/jre/lib/security/'
      )
      await expectSame(tag, step, {
        original,
        // As much as there was when the calculator has run.
        flags: ['--memory', '1g'],
        changed: /^LD_LIBRARY_PATH=/,
        notRestored: /^JAVA_TOOL_OPTIONS=/
      })
      await pulledAgain(tag, step, ({ image }) => {
        const list = ['-list', '-keystore', '/opt/crac-java/lib/security/cacerts', '-storepass', 'changeit']
        const keytool = ['--entrypoint', '/layers/paketo_jre/jre/bin/keytool', image, ...list]
        expect(docker('run', '--rm', ...keytool, '-alias', 'container-ca')).toContain('trustedCertEntry')
        return Promise.resolve()
      })
    },
    20 * MINUTES
  )

  labTest.each([
    ["Quarkus' Dockerfile.jvm", 'quarkus', 'quarkus', '(java -Dquarkus.package.jar.crac.enabled=... '],
    ["Spring's layered Dockerfile", 'spring', 'spring', 'Found: image'],
    [
      'the page of eclipse-temurin',
      'temurin',
      'plain',
      '/__cacert_entrypoint.sh is left out of the start command'
    ]
  ] as const)(
    '%s',
    async (_, maker, application, line) => {
      const { original, tag, step } = await remade(maker, application, java)
      expect(step.log).toContain(line)
      expect(await registryDigest(tag)).toBe(step.outputs['digest'])
      await expectSame(tag, step, { original })
    },
    20 * MINUTES
  )
})
