#!/bin/sh
# The trees of CRIU, with the file capabilities that it needs: so the JVM needs none.
#
#   /trees/checkpoint                          every CRIU there is, with each capability that may be granted
#   /trees/restore/system/checkpoint_restore   for each of them: the one that took the snapshot, and its name
#
# A copy is criu/KIND/CAPABILITY/criu. KIND: system (the base image's) or bundled (the JDK's); beside it stand its
# version, and the options that it needs when its user is not root.
set -eu
home=opt/crac-checkpoint

prepare() {
    [ -x "$2" ] || return 0
    version=$("$2" --version 2>/dev/null | sed -n 's/^Version: *//p' || true)
    # The CRIU of CRaC JDKs is older than 3.18 and does not know the option.
    options=$("$2" --help 2>/dev/null | grep -o -m1 -e --unprivileged || true)
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
prepare bundled /opt/java/lib/criu
mkdir -p "/trees/restore/warp/$home"
echo warp >"/trees/restore/warp/$home/taken-by"
find /trees/restore /trees/checkpoint -exec touch -h -d @0 {} +
