import { describe, expect, test } from '@jest/globals'
import { CATALOGUE } from '../../src/diagnosis/catalogue/index.js'
import { CRIU_LIMITS, criuLimits, fixedIn, limitedHosts } from '../../src/diagnosis/criu-limits.js'
import { diagnose } from '../../src/diagnosis/diagnose.js'

const ids = (...[host, version]: Parameters<typeof criuLimits>): string[] =>
  criuLimits({ ...host }, version).map(({ signature }) => signature)

describe('the limits of CRIU', () => {
  test.each([
    ['3.17.1', '6.8.0-1052-azure', false, '2.39', []],
    ['3.17.1', '6.8.0-1052-azure', true, '2.39', ['criu-amx-xsave']],
    ['3.17.1', '6.17.0-1010-azure', false, '2.41', ['criu-vdso-bounds', 'criu-sockopt-616']],
    ['4.1.1', '6.12.0', true, '2.41', []],
    ['4.1.1', '6.18', true, '2.41', ['criu-sockopt-616']],
    ['4.1.1', '7.0.0-1012-azure', false, '2.43', ['criu-sockopt-616', 'criu-page-parasite']],
    ['4.2', '7.3.4', false, '2.41', ['criu-udplite']],
    ['4.2.1', '7.3.4', true, '2.43', []],
    ['4.3', '7.10', true, '2.43', []],
    ['4.1.1', 'unknown', false, undefined, []]
  ])('CRIU %s on kernel %s (AMX: %s), glibc %s', (version, kernel, amx, glibc, expected) => {
    expect(ids({ kernel, amx, glibc }, version)).toEqual(expected)
  })

  test('each has a signature in the catalogue, whose fix names the version that works', () => {
    for (const limit of CRIU_LIMITS) {
      const row = CATALOGUE.find(({ id }) => id === limit.signature)
      expect(row?.fix).toContain(`CRIU ${limit.fixedIn}`)
      expect(fixedIn(limit.signature)).toBe(limit.fixedIn)
      expect(limitedHosts(limit)).toMatch(/^(kernel|glibc) [\d.]+ and newer$|^CPUs with AMX$/)
    }
  })
})

describe('the line about UDP-Lite', () => {
  const LINE = '(00.004399) sockets: Sockets collect procedure family AF_INET6 proto IPPROTO_UDPLITE: -2'
  const GOES_ON = '(00.005) Uncollected sockets! Will probably fail later.'
  const FAILED = '(00.008801) Error (criu/cr-dump.c:2128): Dumping FAILED.'
  const idOf = (...lines: string[]) => diagnose('dump', { criu: lines.join('\n') })?.signature?.id

  test('is the cause where nothing else is between it and the end', () => {
    expect(idOf(LINE, '(00.0044) sockets: something', FAILED)).toBe('criu-udplite')
  })

  test('is not the cause of another failure, of a dump that works, or of one that was killed', () => {
    const other =
      '(00.012) Error (criu/sk-inet.c:189): inet: Connected TCP socket, consider using --tcp-established option.'
    expect(idOf(LINE, GOES_ON, other, FAILED)).toBe('criu-tcp-established')
    expect(idOf(LINE, GOES_ON, '(00.009) Dumping finished successfully')).toBeUndefined()
    expect(idOf(LINE, GOES_ON)).toBeUndefined()
    expect(idOf(LINE, GOES_ON, '(00.01) Error (criu/x.c:1): unknown', FAILED)).toBeUndefined()
  })
})
