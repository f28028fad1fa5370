import { describe, expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parsePolicies, policiesText, PRESETS } from '../../src/application/resource-policies.js'
import { isListening, portsIn } from '../../src/diagnosis/open-socket.js'
import { suggestPolicies } from '../../src/diagnosis/suggest-policies.js'
import { temporaryFolder } from '../support/temporary-folder.js'

let folder = ''
temporaryFolder((created) => {
  folder = created
})

const parse = (text: string) => parsePolicies('resource-policies', text)
const textOf = async (text: string): Promise<string> => {
  const policies = parse(text)
  return policies === undefined ? '' : await policiesText(policies, folder)
}

describe('resource policies', () => {
  test('are rules; a preset stands for its rules, and comments are left out', async () => {
    const rule = 'type: SOCKET\nlocalPort: 9090\naction: close'
    expect(await textOf(`# exporter\n${rule}\n---\nlog-files\n---\nh2`)).toBe(
      [rule, PRESETS['log-files'], `${PRESETS['h2']}\n`].join('\n---\n')
    )
    expect(await textOf('log-files\nh2')).toBe(`${PRESETS['log-files']}\n---\n${PRESETS['h2']}\n`)
    expect(PRESETS['log-files']).toContain('type: file\npath: **/*.log\naction: reopen')
    expect(parse('')).toBeUndefined()
  })

  test.each(['constructor', '__proto__', 'toString'])('have no preset %s', async (name) => {
    await expect(textOf(`h2\n${name}`)).rejects.toMatchObject({ category: 'input' })
  })

  test('are read from a file of the workspace', async () => {
    writeFileSync(path.join(folder, 'policies.yaml'), 'type: file\r\npath: /a/b\r\naction: close\r\n')
    expect(parse('policies.yaml')).toEqual({ file: 'policies.yaml' })
    expect(await textOf('policies.yaml')).toBe('type: file\npath: /a/b\naction: close\n')
    await expect(textOf('none.yaml')).rejects.toThrow('"none.yaml"')
    await expect(textOf('./')).rejects.toMatchObject({ fix: expect.stringContaining('it is not a file') })
    writeFileSync(path.join(folder, 'policies.yaml'), 'nothing\n')
    await expect(textOf('policies.yaml')).rejects.toMatchObject({ category: 'input' })
  })

  test.each([
    ['log-file', 'a preset (log-files, h2)'],
    ['type: file\npath: /a', 'an `action` among error, ignore, close, reopen'],
    ['path: /a\naction: close', 'a `type` among file, pipe, socket, filedescriptor'],
    ['type: file\naction: delete', 'an `action` among'],
    ['type: file\naction close', 'rules of lines'],
    ['# only a comment\n---', 'rules of lines']
  ])('%j is refused before any work', (text, fix) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('Invalid input `resource-policies`'),
        fix: expect.stringContaining(fix)
      })
    )
  })
})

test('what is proposed after a refusal can be pasted, with a preset for log files and for H2', async () => {
  const open = (kind: 'file' | 'socket' | 'other', description: string) => ({
    kind,
    description,
    listens: isListening(description),
    ports: portsIn(description),
    openedBy: undefined
  })
  const proposed = suggestPolicies([
    open('file', '/tmp/logs/app.log'),
    open('file', '/home/app/logs/access.txt'),
    open('file', '/tmp/db/shop.mv.db'),
    open('file', '/tmp/data.bin'),
    open('socket', 'Socket[addr=db/10.0.0.2,port=5432,localport=40000]'),
    open('socket', 'tcp6 localAddr :: localPort 9090 remoteAddr :: remotePort 0'),
    open('socket', 'sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:9091]'),
    open('other', 'FD fd=7 type=fifo path=pipe:[1]')
  ])
  expect(proposed.split('\n---\n').slice(0, 3)).toEqual([
    'log-files',
    'h2',
    'type: file\npath: /tmp/data.bin\naction: reopen'
  ])
  expect(proposed).toContain('type: socket\nremotePort: 5432\naction: close')
  expect(proposed).toContain('localPort: 9090\naction: close')
  expect(proposed).toContain('localPort: 9091\naction: close')
  expect(proposed).not.toContain('40000')
  expect(await textOf(proposed)).toContain('**/*.mv.db')
})
