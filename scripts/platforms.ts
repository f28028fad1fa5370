import { MANUAL } from './manual.js'
import type { Host, Made, Platforms, Started } from '../lab/vm/platforms.js'

const SHORT: Record<Started['outcome'], string> = {
  restored: 'restores',
  'started normally': 'starts normally',
  failed: 'does not start'
}

/** Returns docs/platforms.md, from what `npm run test:vm` has seen. */
export function platformsPage(seen: Platforms): string {
  const { hosts, images, starts, date } = seen
  const plain = starts.filter(({ special }) => special === '')
  const matrix = images.map((image) => {
    const cells = hosts.map(({ name }) => {
      const start = plain.find((one) => one.image === image.name && one.on === name)
      return start ? SHORT[start.outcome] : 'not tried'
    })
    return [image.on, `\`${image.cpuFeatures}\``, ...cells]
  })
  const messages = starts
    .filter(({ outcome }) => outcome !== 'restored')
    .map((start) => {
      const image = images.find(({ name }) => name === start.image)
      const made = `\`${image?.cpuFeatures}\`, ${image?.on ?? ''}`
      return [
        made,
        start.on,
        start.special || 'the declared flags',
        SHORT[start.outcome],
        code(start.message)
      ]
    })
  const refusals = seen.refusals.map(({ on, special, message }) => [
    'none',
    on,
    special,
    'the action and `doctor` refuse the machine',
    code(message)
  ])
  const profiles = [...new Set(plain.map(({ profile }) => profile).filter((name) => name !== ''))]
  const confined =
    profiles.length === 0
      ? []
      : ['', `On hosts with AppArmor the restored processes run under ${list(profiles.map(code))}.`]
  return [
    '# Where images restore',
    '',
    MANUAL,
    '',
    '<!-- Written by `npm run docs` from docs/platforms.json, which `npm run test:vm` writes. -->',
    '',
    '**On which kernels and CPUs does an image restore that was made on another machine, and what does a user see where it does not?**',
    '',
    `\`npm run test:vm\` has tried this, last on ${date}. It boots kernels of Debian in virtual machines with an emulated CPU and with AppArmor,`,
    'does the whole job in each, and starts each image on each machine by its digest, with the flags of its label, as the plain user of the image.',
    'What the last run did not reach is "not tried" or "not finished".',
    'The JDK is the stand-in of the [lab](../lab/README.md), on the real CRIU of Debian 13; with `generic` it gets options that leave out AVX-512',
    'on a machine that has it, as a CRaC JDK does by itself. For the flags, container engines and clusters, see',
    '[running](running.md); for versions of CRIU, [criu](criu.md).',
    '',
    '## Machines',
    '',
    ...table(
      ['machine', 'kernel', 'CPU', 'AVX-512', 'AppArmor', 'Docker', '`doctor`'],
      hosts.map((host) => [
        host.name,
        host.kernel,
        host.cpu,
        yes(host.avx512),
        yes(host.appArmor),
        host.docker,
        host.doctor
      ])
    ),
    '',
    '## Runs',
    '',
    ...table(
      ['machine', '`cpu-features`', 'privileges', 'log'],
      [
        ...images.map(runOf),
        ...hosts.filter(isWithout(images)).map(({ name }) => [name, '', '', 'not finished'])
      ]
    ),
    '',
    '## Starts',
    '',
    ...table(['image made on', '`cpu-features`', ...hosts.map(({ name }) => `on ${name}`)], matrix),
    ...confined,
    '',
    '## What a user sees',
    '',
    'Where an image does not restore, it starts the application normally, and logs one line with the cause:',
    '',
    ...table(['image', 'started on', 'with', 'result', 'message'], [...messages, ...refusals])
  ].join('\n')
}

function runOf({ on, cpuFeatures, privileges, log }: Made): string[] {
  return [on, code(cpuFeatures), privileges || 'failed', code(log)]
}

/** Returns whether no run on a host came to an end. */
function isWithout(images: readonly Made[]): (host: Host) => boolean {
  return ({ name }) => images.every(({ on }) => on !== name)
}

function table(head: readonly string[], rows: readonly string[][]): string[] {
  return [[...head], head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  )
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

function list(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function yes(is: boolean): string {
  return is ? 'yes' : 'no'
}
