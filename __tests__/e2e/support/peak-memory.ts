import { readFileSync } from 'node:fs'

/** Follows a process; gives the most memory that it ever had, in megabytes (VmHWM of proc_pid_status(5)). */
export function peakMemory(): { follow: (pid: number) => void; megabytes: () => number } {
  let peak = 0
  return {
    follow: (pid) => {
      const timer = setInterval(() => {
        try {
          const status = readFileSync(`/proc/${pid}/status`, 'utf8')
          peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0))
        } catch {
          clearInterval(timer)
        }
      }, 20)
    },
    megabytes: () => Math.round(peak / 1024)
  }
}
