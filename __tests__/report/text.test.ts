import { expect, test } from '@jest/globals'
import { textOf } from '../../src/report/text.js'

test('a summary at a terminal has its table and its commands, and nothing that only a browser draws', () => {
  const markdown = [
    '## Title',
    '',
    '| Tags | `a`<br>`b` |',
    '```mermaid',
    'gantt',
    '```',
    '',
    '**Start the image:**',
    '```sh',
    'docker run x',
    '```',
    '<details><summary>Layers</summary>',
    '',
    '| a | b |',
    '',
    '</details>',
    '',
    'End',
    ''
  ].join('\n')
  expect(textOf(markdown)).toBe(
    [
      '## Title',
      '',
      '| Tags | `a` `b` |',
      '**Start the image:**',
      '```sh',
      'docker run x',
      '```',
      'End'
    ].join('\n')
  )
})
