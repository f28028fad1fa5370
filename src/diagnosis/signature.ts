import type { FailureClass } from '../errors.js'
export type Stage = 'dump' | 'restore' | 'push'
export type Stream = 'criu' | 'jvm' | 'app' | 'docker' | 'registry'
export interface Signature {
  id: string
  stages: readonly Stage[]
  stream: Stream
  pattern: RegExp
  kind: FailureClass
  cause: string
  cure: string
  weight: 'specific' | 'cause' | 'pointer' | 'noise'
}
