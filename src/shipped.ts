import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Failure } from './lib/errors.js'

/** Returns the version and the files that are shipped with the program: src/ and dist/ are both one level below the root of the action. */
export function shipped(): { version: string; dockerFolder: string; knownDigests: string } {
  const { version } = JSON.parse(readFileSync(shippedFile('package.json'), 'utf8')) as { version: string }
  return { version, dockerFolder: shippedFile('docker'), knownDigests: shippedFile('data/jdk-digests.tsv') }
}

/** Returns the path of a file of the project, by its name below the root. */
export function shippedFile(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url))
}

/** Returns the URLs of the vendors' APIs; environment variables can point to in-house copies. */
export function vendorApis(environment: NodeJS.ProcessEnv): { azulApiUrl: URL; bellsoftApiUrl: URL } {
  const url = (name: string, standard: string): URL => {
    const text = environment[name] || standard
    if (URL.canParse(text)) return new URL(text)
    throw new Failure('input', `Invalid environment variable ${name}: not a URL.`, {
      fix: `Remove it, or set it to the URL of the API; the default is ${standard}.`
    })
  }
  return {
    azulApiUrl: url('AZUL_API_URL', 'https://api.azul.com/metadata/v1/zulu/packages/'),
    bellsoftApiUrl: url('BELLSOFT_API_URL', 'https://api.bell-sw.com/v1/liberica/releases')
  }
}
