#!/bin/sh
# Copies CRIU into the image, with the file capabilities that it needs: so the JVM needs none.
#
#   install-criu.sh checkpoint                     every CRIU there is, with each capability that may be granted
#   install-criu.sh restore system/sys_admin       the one that took the snapshot
#
# A copy is KIND/CAPABILITY/criu. KIND: system (the base image's) or bundled (the JDK's); beside it stand its version,
# and the options that it needs when its user is not root.
set -eu
operation=$1
wanted=${2:-}
here=$(dirname "$0")
case $operation in
checkpoint) helper=cap_sys_ptrace ;;
restore) helper=cap_setpcap ;;
esac

install_kind() {
    [ -x "$2" ] || return 0
    mkdir -p "$here/criu/$1"
    version=$("$2" --version 2>/dev/null | sed -n 's/^Version: *//p' || true)
    echo "${version:-unknown}" >"$here/criu/$1/version"
    # The CRIU of CRaC JDKs is older than 3.18 and does not know the option.
    if "$2" --help 2>/dev/null | grep -qe --unprivileged; then echo --unprivileged; fi >"$here/criu/$1/options"
    for capability in checkpoint_restore sys_admin; do
        if [ -z "$wanted" ] || [ "$wanted" = "$1/$capability" ]; then
            install -D -m 0755 "$2" "$here/criu/$1/$capability/criu"
            setcap "cap_$capability,$helper+eip" "$here/criu/$1/$capability/criu"
        fi
    done
}

case $wanted in
'' | system/*) install_kind system "$(command -v criu || true)" ;;
esac
case $wanted in
'' | bundled/*) install_kind bundled /opt/java/lib/criu ;;
esac
