import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../support/inputs.js'

const SRC = path.join(ROOT, 'src')

/** Places in src/, from the top down: each may import what stands below it (docs/architecture.md). */
const ORDER = [
  ...[
    'index.ts',
    'cli',
    'main.ts',
    'job',
    'report',
    'inputs',
    'run',
    'proof',
    'archive',
    'assembly',
    'checkpoint',
    'registry',
    'secrets'
  ],
  ...[
    'image',
    'application',
    'runner',
    'jdk',
    'snapshot',
    'diagnosis',
    'probe',
    'docker',
    'http',
    'shipped.ts',
    'lib'
  ]
]

/** Files that are data: tables, with one row for each thing that is known. */
const DATA = /^(?:diagnosis\/catalogue\/|secrets\/scanner\/families\.ts$)/

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

describe('the structure of src/', () => {
  test('has at most four files outside of a folder', () => {
    expect(files.filter((file) => !file.includes('/')).length).toBeLessThanOrEqual(4)
  })

  test('has no file of more than 200 lines that is not data', () => {
    const long = files.filter((file) => !DATA.test(file) && text(file).split('\n').length - 1 > 200)
    expect(long).toEqual([])
  })

  test('has every place in the order', () => {
    expect(files.filter((file) => rank(file) < 0)).toEqual([])
  })

  test('has no import that leads up, and so no circle among folders', () => {
    const up = files.flatMap((file) =>
      importsOf(file)
        .filter((imported) => rank(imported) < rank(file))
        .map((imported) => `${file} -> ${imported}`)
    )
    expect(up).toEqual([])
  })

  test('has no circle among files', () => {
    const done = new Set<string>()
    function circle(file: string, above: string[]): string[] | undefined {
      if (above.includes(file)) return [...above.slice(above.indexOf(file)), file]
      if (done.has(file)) return undefined
      for (const imported of importsOf(file)) {
        const found = circle(imported, [...above, file])
        if (found) return found
      }
      done.add(file)
      return undefined
    }
    expect(files.flatMap((file) => circle(file, []) ?? [])).toEqual([])
  })
})

function text(file: string): string {
  return readFileSync(path.join(SRC, file), 'utf8')
}

function rank(file: string): number {
  return ORDER.indexOf(file.split('/')[0] ?? '')
}

/** Files of src/ that a file imports, also those of which it takes types only. */
function importsOf(file: string): string[] {
  return [...text(file).matchAll(/\b(?:from|import) '(\.[^']+)\.js'/g)].map(([, imported = '']) =>
    path.join(path.dirname(file), `${imported}.ts`)
  )
}
