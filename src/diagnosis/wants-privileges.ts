/** Known failures that another level of privileges may mend (src/docker/privileges.ts). */
const IDS: ReadonlySet<string> = new Set([
  'criu-seccomp-suspend',
  'criu-ptrace-denied',
  'criu-unseizable',
  'criu-no-cap',
  'criu-freezer',
  'criu-parasite-memfd',
  'criu-netlink-selinux',
  'criu-nonregular-map',
  'criu-clone3-denied',
  'criu-fork-eperm',
  'criu-creds',
  'criu-apparmor',
  'criu-prctl-mm',
  'criu-vmsplice',
  'criu-ns-last-pid-ro',
  'criu-exec-eperm',
  'docker-cap',
  'runc-apply-caps'
])

export function wantsPrivileges(signature: string | undefined): boolean {
  return signature !== undefined && IDS.has(signature)
}
