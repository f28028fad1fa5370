import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './inputs.js'

const schema = JSON.parse(readFileSync(path.join(ROOT, 'docs/metadata.schema.json'), 'utf8')) as object
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true }).addSchema(schema, 'metadata')

/** What keeps the output `metadata` from fitting docs/metadata.schema.json; of the form of its outcome, if it has one. */
export function metadataErrors(metadata: string): string[] {
  const value = JSON.parse(metadata) as { outcome?: string }
  const forms = ajv.getSchema('metadata')
  if (forms?.(value) === true) return []
  const form = ajv.getSchema(`metadata#/$defs/${value.outcome}`)
  void form?.(value)
  return (form?.errors ?? forms?.errors ?? []).map(describe)
}

function describe({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath}: ${message} ${JSON.stringify(params)}`
}
