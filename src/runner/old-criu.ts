/** The newest kernel series that CRIU 3.17.1, the one inside CRaC JDKs, works with, is the one before this. */
const VDSO_CHANGED: readonly [number, number] = [6, 13]

/**
 * What keeps the CRIU that CRaC JDKs bundle (3.17.1) from working on such a machine; undefined where nothing is known.
 * Builds with patches of 2026 work on newer kernels: `criu: auto` finds out by trying.
 */
export function bundledCriuFault(kernel: string, amx: boolean): string | undefined {
  const [major = 0, minor = 0] = kernel.split('.').map(Number)
  if (amx) return 'the CPU has AMX, whose registers do not fit into its tables ("Can\'t set FPU registers")'
  if (major > VDSO_CHANGED[0] || (major === VDSO_CHANGED[0] && minor >= VDSO_CHANGED[1])) {
    return `the kernel is ${kernel}, and from 6.13 on its vDSO is larger than it expects ("Unexpected rt vDSO area bounds")`
  }
  return undefined
}
