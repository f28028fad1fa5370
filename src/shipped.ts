import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Failure } from './lib/errors.js'

/** Files that are shipped beside the program: both src/ and dist/ are one below the root of the action. */
export function shipped(): { version: string; dockerFolder: string; knownDigests: string } {
  const { version } = JSON.parse(readFileSync(shippedFile('package.json'), 'utf8')) as { version: string }
  return {
    version,
    dockerFolder: shippedFile('docker'),
    knownDigests: shippedFile('data/jdk-digests.tsv')
  }
}

/** The path of a file of the project, by its name below the root. */
export function shippedFile(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url))
}

/** The APIs of the vendors; the environment can name in-house copies of them. */
export function vendorApis(environment: NodeJS.ProcessEnv): { azulApiUrl: URL; bellsoftApiUrl: URL } {
  const url = (name: string, standard: string): URL => {
    const text = environment[name] || standard
    if (URL.canParse(text)) return new URL(text)
    throw new Failure('input', `The environment variable ${name} is no URL.`, {
      fix: `Leave it out, or set it to the address of the API; the standard is ${standard}.`
    })
  }
  return {
    azulApiUrl: url('AZUL_API_URL', 'https://api.azul.com/metadata/v1/zulu/packages/'),
    bellsoftApiUrl: url('BELLSOFT_API_URL', 'https://api.bell-sw.com/v1/liberica/releases')
  }
}
