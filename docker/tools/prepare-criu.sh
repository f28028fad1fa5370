#!/bin/sh
# Creates the trees of CRIU. CRIU has file capabilities, so that the JVM needs none.
#
#   /trees/checkpoint                          all copies of CRIU, with each capability that may be granted
#   /trees/restore/system/checkpoint_restore   one tree for each copy: the copy and its name
#
# A copy is criu/KIND/CAPABILITY/criu. KIND: system (from the base image), image (from that of `criu-image`) or bundled (from the JDK). criu/KIND has the
# version, and the options that CRIU needs without root.
set -eu
home=opt/crac-checkpoint

prepare() {
    [ -x "$2" ] || return 0
    version=$("$2" --version 2>/dev/null | sed -n 's/^Version: *//p' || true)
    # Each has the options that it knows: the CRIU of CRaC JDKs does not have the first. podman gives the root folder of a container
    # another mode (0555) than Docker, and CRIU refuses a folder with another mode without the second.
    options=$("$2" --help 2>/dev/null | grep -o -e '--unprivileged' -e '--skip-file-rwx-check' | tr '\n' ' ' || true)
    options=${options% }
    for capability in checkpoint_restore sys_admin; do
        copy "/trees/checkpoint" "$1" "$2" "$capability" cap_sys_ptrace
        copy "/trees/restore/$1/$capability" "$1" "$2" "$capability" cap_setpcap
        echo "$1/$capability" >"/trees/restore/$1/$capability/$home/taken-by"
    done
}

copy() {
    folder=$1/$home/criu/$2
    mkdir -p "$folder"
    echo "${version:-unknown}" >"$folder/version"
    echo "$options" >"$folder/options"
    install -D -m 0755 "$3" "$folder/$4/criu"
    setcap "cap_$4,$5+eip" "$folder/$4/criu"
}

prepare system "$(command -v criu || true)"
prepare image /build/second/criu
prepare bundled /opt/crac-java/lib/criu
if [ ! -d "/trees/checkpoint/$home/criu" ] && ! grep -qw warp "/trees/jdk/$home/engines"; then
    echo "crac-checkpoint: NO-CRIU: $(cat /trees/no-criu), and the JDK has none either"
    exit 1
fi
mkdir -p "/trees/restore/warp/$home"
echo warp >"/trees/restore/warp/$home/taken-by"
find /trees/restore /trees/checkpoint -exec touch -h -d @0 {} +
