import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A line between two machines. */
export interface Line {
  /** In each direction, shared by all connections. */
  bytesPerSecond: number
  /** From one end to the other and back, in milliseconds. */
  roundTrip: number
}

/** Ports of this machine that lead to others through a line. */
export interface ShapedNetwork {
  /** Returns a loopback port that leads to another loopback port through the line. */
  portTo: (port: number) => Promise<number>
  close: () => Promise<void>
}

/**
 * A network of loopback proxies that delay and slow down what goes through them. The kernels of virtual machines often lack netem, so this
 * needs nothing of the kernel. It opens a connection after one round trip, as TCP does; it does not model slow start.
 */
export function shapedNetwork({ bytesPerSecond, roundTrip }: Line): ShapedNetwork {
  const closers: (() => Promise<void>)[] = []
  // Each direction is free again at a time, in milliseconds of performance.now().
  const free = { there: 0, back: 0 }

  /** Returns a stream whose pieces arrive half a round trip after the line has sent them. */
  function direction(name: keyof typeof free): Transform {
    let last: Promise<unknown> = Promise.resolve()
    return new Transform({
      highWaterMark: 1024 * 1024,
      transform(piece: Buffer, _encoding, done) {
        const now = performance.now()
        free[name] = Math.max(free[name], now) + (piece.length / bytesPerSecond) * 1000
        const sent = free[name] - now
        // Timers of nearly the same time may come in another order.
        const before = last
        last = sleep(sent + roundTrip / 2)
          .then(() => before)
          .then(() => this.push(piece))
        // The next piece may be sent while this one is on its way.
        if (sent < 1) done()
        else setTimeout(done, sent)
      },
      flush(done) {
        last.then(() => done(), done)
      }
    })
  }

  return {
    portTo: async (port) => {
      const sockets = new Set<Socket>()
      const server = createServer({ allowHalfOpen: true }, (client) => {
        void sleep(roundTrip).then(() => {
          const target = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
          for (const socket of [client, target]) {
            sockets.add(socket)
            socket.setNoDelay(true)
            socket.on('error', () => undefined)
            socket.on('close', () => sockets.delete(socket))
          }
          const ways = [
            pipeline(client, direction('there'), target),
            pipeline(target, direction('back'), client)
          ]
          for (const way of ways) way.catch(() => [client, target].forEach((socket) => socket.destroy()))
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      closers.push(async () => {
        for (const socket of sockets) socket.destroy()
        await new Promise((resolve) => server.close(resolve))
      })
      const address = server.address()
      return typeof address === 'object' && address ? address.port : 0
    },
    close: async () => {
      await Promise.all(closers.map(async (close) => await close()))
    }
  }
}
