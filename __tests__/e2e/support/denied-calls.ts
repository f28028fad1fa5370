/** System calls of x86-64 that Docker's default profile denies, with their first argument where it matters. */
const DENIED = {
  unshare: [272, 0x10000000],
  setns: [308, 0],
  mount: [165, 0],
  bpf: [321, 0],
  keyctl: [250, 0],
  userfaultfd: [323, 0],
  io_uring_setup: [425, 1],
  perf_event_open: [298, 0],
  'socket AF_ALG': [41, 38],
  'socket AF_VSOCK': [41, 40]
}

/** Perl code that calls each of them, and prints how it fails. */
export const CALLS = Object.entries(DENIED)
  .map(
    ([name, [call, argument]]) => `syscall(${call}, ${argument}, 5, 0, 0, 0) < 0 and print "${name}: $!\\n";`
  )
  .join(' ')

/** What the code prints where all are denied. */
export const ALL_DENIED = Object.keys(DENIED)
  .map((name) => `${name}: Operation not permitted`)
  .join('\n')
