import { describe, expect, test } from '@jest/globals'
import { startOf } from '../../lab/vm/start.js'
import { quoted } from '../../lab/vm/connection.js'
import { madeOf } from '../../lab/vm/visits.js'
import { expected, surprises, WITHOUT_FLAGS, type Platforms, type Started } from '../../lab/vm/platforms.js'
import { platformsPage } from '../../scripts/platforms.js'

const HOST = { kernel: '6.18.0', cpu: 'a | b', appArmor: false, docker: '26.1.5', doctor: 'least' }
const NEW = { ...HOST, name: 'Linux 6.18', avx512: true }
const OLD = { ...HOST, name: 'Linux 6.12', avx512: false, appArmor: true }

const start = (image: string, on: string, more: Partial<Started> = {}): Started => ({
  image,
  on,
  special: '',
  outcome: 'restored',
  message: '',
  profile: '',
  ...more
})

const SEEN: Platforms = {
  date: '2026-11-27',
  hosts: [NEW, OLD],
  images: ['generic', 'native'].map((cpuFeatures) => ({
    name: cpuFeatures,
    on: NEW.name,
    cpuFeatures,
    log: 'Using CRIU 4.1.1 (system): it is the only one, and it works here.',
    privileges: 'least'
  })),
  starts: [
    start('generic', NEW.name),
    start('generic', OLD.name, { profile: 'docker-default (enforce)' }),
    start('native', OLD.name, { outcome: 'started normally', message: 'this CPU lacks avx512f' }),
    start('generic', OLD.name, {
      special: WITHOUT_FLAGS,
      outcome: 'started normally',
      message: 'the container lacks the capability CHECKPOINT_RESTORE'
    })
  ],
  refusals: [{ on: OLD.name, special: '`x=2`', message: 'x is 2' }]
}

describe('docs/platforms.md', () => {
  const page = platformsPage(SEEN)

  test('has a row for each image and a column for each machine, with what was not tried', () => {
    expect(page).toContain('| image made on | `cpu-features` | on Linux 6.18 | on Linux 6.12 |')
    expect(page).toContain('| Linux 6.18 | `generic` | restores | restores |')
    expect(page).toContain('| Linux 6.18 | `native` | not tried | starts normally |')
  })

  test('has the message of each start that did not restore, and of each refusal', () => {
    expect(page).toContain(
      '| `native`, Linux 6.18 | Linux 6.12 | the declared flags | starts normally | `this CPU lacks avx512f` |'
    )
    expect(page).toContain(`| ${WITHOUT_FLAGS} | starts normally | \`the container lacks the capability`)
    expect(page).toContain('| `x is 2` |')
  })

  test('keeps a bar of a cell, and names the profiles of AppArmor', () => {
    expect(page).toContain(String.raw`a \| b`)
    expect(page).toContain('under `docker-default (enforce)`.')
  })
})

describe('the tests in virtual machines', () => {
  test('expect a restore everywhere but on an older CPU, without the flags, and on a host with other settings', () => {
    expect(SEEN.starts.map((one) => expected(one, SEEN))).toEqual([
      'restored',
      'restored',
      'started normally',
      'started normally'
    ])
    expect(surprises(SEEN)).toEqual([])
  })

  test('name what did not do what it has to', () => {
    const failed = {
      name: 'other',
      on: OLD.name,
      cpuFeatures: 'generic',
      log: 'No CRIU works',
      privileges: ''
    }
    const seen: Platforms = {
      ...SEEN,
      hosts: [NEW, { ...OLD, doctor: 'no' }],
      images: [...SEEN.images, failed],
      starts: [start('generic', OLD.name, { outcome: 'failed', message: 'boom' })],
      refusals: [{ on: OLD.name, special: 'x', message: '' }]
    }
    expect(surprises(seen)).toEqual([
      'doctor on Linux 6.12 says no',
      'other was not made on Linux 6.12: No CRIU works',
      'generic on Linux 6.12: failed; boom',
      'doctor does not refuse Linux 6.12 with x'
    ])
  })

  test('take only a container with the id of a restored process for a restored one', () => {
    const profile = 'docker-default (enforce)'
    expect(startOf('Hello World', `130\n${profile}\n`, '')).toMatchObject({ outcome: 'restored', profile })
    const line =
      'crac-checkpoint: the snapshot could not be restored here; starting the application normally. Cause: see above'
    expect(startOf('Hello World', `\n${profile}\n`, `log\n${line}\nlog`)).toMatchObject({
      outcome: 'started normally',
      message: 'see above',
      profile
    })
    const page = 'https://github.com/org/crac-checkpoint/blob/main/docs/running.md#lines'
    expect(startOf('Hello World', '', `${line}. See ${page}\n`).message).toBe('see above')
    expect(startOf('', '', 'the last line\n')).toMatchObject({ outcome: 'failed', message: 'the last line' })
  })

  test('report the message of a run that failed, and the CRIU of one that did not', () => {
    const made = { name: 'a', on: 'b', cpuFeatures: 'generic' }
    const failed = { exitCode: 1, log: 'x\n::error::No CRIU works.%0AFix: y', outputs: {} }
    expect(madeOf(failed, 'r/a:crac', made)).toMatchObject({ log: 'No CRIU works.', reference: '' })
    const worked = {
      exitCode: 0,
      log: 'x\nUsing CRIU 4.1.1 (system): why.\n',
      outputs: { digest: 'sha256:1', metadata: '{"snapshot":{"privileges":"least"}}' }
    }
    expect(madeOf(worked, 'localhost:1/r/a:crac', made)).toMatchObject({
      log: 'Using CRIU 4.1.1 (system): why.',
      privileges: 'least',
      reference: 'localhost:1/r/a@sha256:1'
    })
  })

  test('send words to a virtual machine as they are', () => {
    expect(quoted(`it's $HOME`)).toBe(`'it'\\''s $HOME'`)
  })
})
