// TEMPORARY
import type { FailureClass } from '../errors.js'
import type { Signature, Stage, Stream } from './signature.js'
export interface Finding {
  signature: Signature | undefined
  cause: string
  cure: string
  kind: FailureClass
  line: string
}
export class Diagnoser {
  constructor(readonly stage: Stage) {}
  first: string | undefined
  push(stream: Stream, line: string): void {
    if (stream === 'criu' && /Error +\(/.test(line)) this.first ??= line
  }
  finding(): Finding | undefined {
    return this.first
      ? { signature: undefined, cause: `CRIU: ${this.first}`, cure: 'x', kind: 'runner', line: this.first }
      : undefined
  }
}
export function diagnose(stage: Stage, texts: Partial<Record<Stream, string>>): Finding | undefined {
  const d = new Diagnoser(stage)
  for (const [s, t] of Object.entries(texts)) for (const l of t.split('\n')) d.push(s as Stream, l)
  return d.finding()
}
