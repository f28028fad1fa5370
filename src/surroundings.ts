import { fileURLToPath } from 'node:url'

/** Files that are shipped beside the program: both src/ and dist/ are one below the root of the action. */
export function shipped(): { dockerFolder: string; knownDigests: string } {
  const at = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
  return { dockerFolder: at('docker'), knownDigests: at('data/jdk-digests.tsv') }
}

/** The APIs of the vendors; the environment can name in-house copies of them. */
export function vendorApis(environment: NodeJS.ProcessEnv): { azulApiUrl: URL; bellsoftApiUrl: URL } {
  return {
    azulApiUrl: new URL(environment['AZUL_API_URL'] || 'https://api.azul.com/metadata/v1/zulu/packages/'),
    bellsoftApiUrl: new URL(environment['BELLSOFT_API_URL'] || 'https://api.bell-sw.com/v1/liberica/releases')
  }
}
