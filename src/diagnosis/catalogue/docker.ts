import { RESTART_DOCKER } from '../../docker/failure.js'
import { signatures } from '../signature.js'

/** Lines of the Docker engine. */
export const docker = signatures({ operations: ['dump', 'restore'], stream: 'docker' }, [
  {
    id: 'docker-exec-format',
    pattern: /exec (?:user process caused: |\/?\S*: )?exec format error|exec format error/m,
    category: 'image',
    cause: 'A program of the image is for another architecture, or is a script without the first line `#!`.',
    fix: 'Use a `base-image` and a JDK with the architecture of the runner.'
  },
  {
    id: 'docker-platform',
    pattern: /The requested image's platform \((\S+)\) does not match the detected host platform \((\S+)\)/m,
    category: 'image',
    cause: 'The image is for $1, but this host is $2.',
    fix: 'Use a `base-image` with the architecture of the runner.'
  },
  {
    id: 'docker-qemu',
    pattern: /qemu-(?:x86_64|aarch64|arm|riscv64)(?:-static)?\b|qemu: uncaught target signal (\d+)/m,
    category: 'runner',
    cause: 'The container runs in the emulator QEMU, which CRIU does not support.',
    fix: 'Use a runner with the architecture of the image (for arm64: `runs-on: ubuntu-24.04-arm`).'
  },
  {
    id: 'docker-oom',
    pattern: /"OOMKilled":\s*true|Out of memory: Killed process|oom-kill:/m,
    category: 'runner',
    cause: 'Not enough memory: the kernel ended a process.',
    fix: 'Use a runner with more memory, or give the JVM a smaller heap with `java-options: -Xmx...`.'
  },
  {
    id: 'docker-daemon',
    operations: ['dump', 'restore', 'push'],
    pattern:
      /Cannot connect to the Docker daemon|failed to connect to the docker API|error during connect: |context deadline exceeded while .{0,300}docker/m,
    category: 'runner',
    cause: 'The Docker engine does not respond.',
    fix: 'Start the Docker engine, or set DOCKER_HOST to one that runs.'
  },
  {
    id: 'docker-iptables',
    pattern: /iptables failed: .{0,400}No chain\/target\/match by that name/m,
    category: 'runner',
    cause:
      "Docker's rules of the firewall are gone: another program or a second Docker engine removed them from iptables.",
    fix: RESTART_DOCKER
  },
  {
    id: 'docker-cap',
    pattern: /unknown capability: "?(?:CAP_)?CHECKPOINT_RESTORE/m,
    category: 'runner',
    cause: 'This Docker engine does not support the capability CHECKPOINT_RESTORE.',
    fix: 'Leave `privileges` at `auto`, or use Docker 24 or newer on kernel 5.9 or newer.',
    remedy: 'privileges'
  },
  {
    id: 'docker-nospace',
    operations: ['dump', 'restore', 'push'],
    pattern: /no space left on device/m,
    category: 'runner',
    cause: 'Not enough disk space: the disk of the Docker engine is full.',
    fix: "Free space on Docker's disk, for example with `docker system prune`.",
    remedy: 'disk'
  },
  {
    id: 'docker-noexe',
    pattern: /exec: "(\S+)": executable file not found in \$PATH/m,
    category: 'image',
    cause: 'The program $1 is not in the image.',
    fix: 'Use a `base-image` that is Debian or similar.'
  },
  {
    id: 'docker-name',
    operations: ['dump', 'restore', 'push'],
    pattern: /Conflict\. The container name "\/?(\S+?)" is already in use|port is already allocated/m,
    category: 'runner',
    cause: 'A container name or a port is still in use by an earlier run.',
    fix: 'Remove the container on the runner, and run the job again.'
  },
  {
    id: 'runc-apply-caps',
    pattern: /unable to apply caps: operation not permitted/m,
    category: 'runner',
    cause: 'The Docker engine cannot grant capabilities that its own host does not have.',
    fix: 'Leave `privileges` at `auto`: `privileged` requires all capabilities.',
    remedy: 'privileges'
  }
])
