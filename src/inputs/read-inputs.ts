import { LinePattern } from '../lib/line-pattern.js'
import { POLICIES_PROPERTY } from '../application/resource-policies.js'
import { badInput } from '../lib/values.js'
import type { Secret } from '../secrets/scanner/needles.js'
import { fieldOf, INPUT_NAMES, INPUTS, type InputName, type Inputs } from './inputs.js'

/** Returns the trimmed text of an input; an empty text means that the input was not given. */
type Texts = (name: InputName) => string

/** Reads and checks all inputs; an input that cannot be used is a Failure that names it. */
export function readInputs(textOf: Texts): Inputs {
  const values = Object.fromEntries(INPUT_NAMES.map((name) => [fieldOf(name), parse(name, textOf)]))
  const inputs = values as unknown as Inputs
  refuseContradictions(inputs, textOf)
  return inputs
}

/** Reads `secret-values` alone, so that they can be masked before a message quotes another input. */
export function readSecretValues(textOf: Texts): Secret[] {
  return parse('secret-values', textOf) as Secret[]
}

/** Returns the values for the fingerprint of the image: they can be written as JSON. */
export function imageValues(inputs: Inputs): Record<string, unknown> {
  const names = INPUT_NAMES.filter((name) => INPUTS[name].changesImage === true)
  return Object.fromEntries(
    names.map((name) => {
      const value = inputs[fieldOf(name)]
      return [name, value instanceof LinePattern ? value.source : value]
    })
  )
}

function parse(name: InputName, textOf: Texts): unknown {
  return INPUTS[name].parse(name, textOf(name), textOf as (name: string) => string)
}

/** Inputs that say what an image is made of: an existing image has that. */
const WITHOUT_IMAGE: readonly InputName[] = [
  'context',
  'application',
  'main-class',
  'files',
  'file',
  'build-args',
  'build-target',
  'build-secrets',
  'build-ssh'
]

/** Throws a Failure for inputs that are valid, but not together. */
function refuseContradictions(inputs: Inputs, textOf: Texts): void {
  const { distribution, jdkFile, file, image, tags, push, skipUnchanged, verify } = inputs
  const own = (name: string): string =>
    `either \`file\` or \`${name}\`: a Dockerfile defines itself what to run`
  const untimed = 'no value where `verify` is false: nothing is timed then'
  const ownPolicies = inputs.javaOptions.some((option) => option.startsWith(`-D${POLICIES_PROPERTY}=`))
  const withImage = (name: string): string =>
    `either \`image\` or \`${name}\`: an image has its application, and is not built again`
  const isUnset = (name: InputName): boolean => image === undefined || ['', '.'].includes(textOf(name))
  const rules: [InputName, allowed: boolean, expected: string][] = [
    [
      'jdk-file',
      (distribution === 'file') === (jdkFile !== undefined),
      'an archive together with `distribution: file`, and no value otherwise'
    ],
    ...WITHOUT_IMAGE.map((name): [InputName, boolean, string] => [name, isUnset(name), withImage(name)]),
    [
      'command',
      inputs.command === undefined || image !== undefined || file !== undefined,
      'a value only together with `image` or `file`; `application` and `main-class` say what else to run'
    ],
    ['application', file === undefined || inputs.application === undefined, own('application')],
    ['main-class', file === undefined || inputs.mainClass === undefined, own('main-class')],
    [
      'files',
      file === undefined || inputs.files.length === 0,
      'either `file` or `files`: a Dockerfile copies its files itself'
    ],
    [
      'tags',
      !push || tags.length > 0,
      'at least one tag when `push` is true, for example ghcr.io/acme/hello:crac'
    ],
    [
      'tags',
      !skipUnchanged || tags.length > 0,
      'at least one tag when `skip-unchanged` is true: its image is compared'
    ],
    [
      'resource-policies',
      !ownPolicies || inputs.resourcePolicies === undefined,
      `either it or -D${POLICIES_PROPERTY} in \`java-options\``
    ],
    ['max-restore-time', verify || inputs.maxRestoreTime === undefined, untimed],
    ['min-speedup', verify || inputs.minSpeedup === undefined, untimed]
  ]
  for (const [name, allowed, expected] of rules) if (!allowed) throw badInput(name, textOf(name), expected)
}
