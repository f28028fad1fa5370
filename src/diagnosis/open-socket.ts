/** Ports of an open socket; undefined where its text names none. */
export interface SocketPorts {
  local: number | undefined
  /** Port of the server; undefined for a socket that listens. */
  remote: number | undefined
}

export const NO_PORTS: SocketPorts = { local: undefined, remote: undefined }

/**
 * How CRaC JDKs name the end of a socket (java.net.SocketImpl, sun.nio.ch.ServerSocketChannelImpl and SocketChannelImpl; JDK 17 up to
 * 17-crac+5 by the tables of the kernel):
 *
 *     tcp6 localAddr :: localPort 8080 remoteAddr :: remotePort 0
 *     Socket[addr=db/10.0.0.2,port=5432,localport=40000]      Socket[addr=0.0.0.0/0.0.0.0,port=0,localport=8080]
 *     sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:8080]
 *     java.nio.channels.SocketChannel[connected local=/10.0.0.1:40000 remote=db/10.0.0.2:5432]
 */
const LOCAL =
  /localPort (\d+)|localport=(\d+)|local=\S{0,300}:(\d+)|ServerSocketChannel(?:Impl)?\[(?:listening on )?\S{0,300}:(\d+)\]/
const REMOTE = /remotePort (\d+)|(?<!local)port=(\d+)|remote=\S{0,300}:(\d+)/
const LISTENS =
  /remotePort 0(?!\d)|ServerSocket(?:Channel(?:Impl)?)?\[|(?<!\w)Socket\[addr=\S{0,300}?,port=0,localport=[1-9]/

/** Whether the text of a CRaC JDK names the listening socket of a server. */
export function isListening(description: string): boolean {
  return LISTENS.test(description)
}

/** Returns the ports in the text with which a CRaC JDK names a socket. */
export function portsIn(description: string): SocketPorts {
  const remote = portOf(REMOTE.exec(description))
  return { local: portOf(LOCAL.exec(description)), remote: isListening(description) ? undefined : remote }
}

function portOf(match: RegExpExecArray | null): number | undefined {
  const port = Number(match?.slice(1).find((group) => group !== undefined))
  return port > 0 ? port : undefined
}

/** A channel of NIO, with the addresses in it. */
const CHANNEL = /(?<![\w.])[\w.]{0,150}Channel(?:Impl)?\[(?:[^[\]]|\[[^[\]]{0,100}\]){0,300}\]/g

/** Name of a selector whose channels an older CRaC JDK does not list. */
export const NAMELESS_SELECTOR = 'a selector with registered channels'

/** Returns the names of the channels of a selector that a CRaC JDK refuses: a server or a client of NIO has not closed them. */
export function channelsIn(text: string): string[] {
  const channels = [...text.matchAll(CHANNEL)].map(([channel]) => channel)
  return channels.length > 0 ? channels : [NAMELESS_SELECTOR]
}

/** Whether the text names what a selector has open for itself: it is closed with the channels of the selector. */
export function isOfSelector(description: string): boolean {
  return /^EPoll (?:Event )?FD \d+ left open in /.test(description)
}
