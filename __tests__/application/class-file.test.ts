import { expect, test } from '@jest/globals'
import { classVersion, hasMainMethod } from '../../src/application/class-file.js'
import { classFile } from '../support/class-file.js'

test('the version of a class is that of Java, with or without preview features', () => {
  expect(classVersion(classFile(25))).toEqual({ java: 25, preview: false })
  expect(classVersion(classFile(21, { minor: 0xffff }))).toEqual({ java: 21, preview: true })
  expect(classVersion(Buffer.from('no class file'))).toBeUndefined()
  expect(classVersion(Buffer.alloc(3))).toBeUndefined()
})

test('a main method is public, static, and has one array of texts as its argument', () => {
  expect(hasMainMethod(classFile(17))).toBe(true)
  expect(hasMainMethod(classFile(17, { isStatic: false }))).toBe(false)
  expect(hasMainMethod(classFile(17, { method: 'run' }))).toBe(false)
  expect(hasMainMethod(classFile(17, { type: '()V' }))).toBe(false)
})

test('a class file that ends anywhere is not a class with a main method', () => {
  const whole = classFile(17)
  for (let length = 0; length < whole.length - 2; length++)
    expect(hasMainMethod(whole.subarray(0, length))).toBe(false)
})
