// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key

const MAGIC = Buffer.from('openssh-key-v1\0')

/** Size of the seed of Ed25519 in bytes; the public key follows it. */
const SEED = 32

/** Secrets of a private key: numbers, or bytes. */
export interface OpenSshKey {
  numbers: Buffer[]
  bytes: Buffer[]
}

/** Returns the secrets of a private key of OpenSSH; undefined for other bytes, and for a key with a passphrase. */
export function openSshKey(bytes: Buffer): OpenSshKey | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const file = createFields(bytes.subarray(MAGIC.length))
  const [cipher] = [file.next(), file.next(), file.next()]
  if (cipher?.toString() !== 'none') return undefined
  // The number of keys, which is one, and the public key.
  file.skip(4)
  file.next()
  const key = createFields(file.next())
  // A random number, twice.
  key.skip(8)
  const type = key.next().toString('latin1')
  const next = (count: number): Buffer[] => Array.from({ length: count }, () => key.next())
  if (type === 'ssh-rsa') {
    const [, , d, qi, p, q] = next(6) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]
    return { numbers: [d, qi, p, q, remainderOf(d, p), remainderOf(d, q)], bytes: [] }
  }
  if (type === 'ssh-ed25519')
    return {
      numbers: [],
      bytes: next(2)
        .slice(1)
        .map((both) => both.subarray(0, SEED))
    }
  // In front of the secret number are four numbers of DSA, or a curve and a point. Other keys are in a device.
  const secret = type === 'ssh-dss' ? next(5) : type.startsWith('ecdsa-sha2-') ? next(3) : []
  return { numbers: secret.slice(-1), bytes: [] }
}

/** Returns what OpenSSH leaves out: the exponent for one prime number. */
function remainderOf(exponent: Buffer, prime: Buffer): Buffer {
  const [d, p] = [exponent, prime].map((number) => BigInt(`0x${number.toString('hex') || '0'}`))
  if (d === undefined || p === undefined || p < 2n) return Buffer.alloc(0)
  const digits = (d % (p - 1n)).toString(16)
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
}

/** Reads fields that have their length in four bytes in front. */
function createFields(bytes: Buffer): { next: () => Buffer; skip: (length: number) => void } {
  let rest = bytes
  return {
    next() {
      const end = rest.length < 4 ? 0 : 4 + rest.readUInt32BE(0)
      const field = rest.subarray(4, end)
      rest = rest.subarray(end)
      return field
    },
    skip(length) {
      rest = rest.subarray(length)
    }
  }
}
