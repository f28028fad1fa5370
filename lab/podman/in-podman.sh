#!/bin/bash
# Runs a program in a Debian root folder that has podman, in a mount namespace of its own (run me with `unshare -m`): podman needs the
# root to be the root of its mount namespace. The folder SHARED is /run/shared inside.
#
# usage: in-podman.sh ROOT SHARED PROGRAM [ARGUMENT...]
set -eu
. "$(dirname "$0")/../root-folder.sh"
root=$1 shared=$2
shift 2
prepare_root "$root"
mkdir -p "$root/run/shared" "$root/var/lib/containers"
# What podman keeps is gone with the namespace.
mount -t tmpfs tmpfs "$root/var/lib/containers"
mount --bind "$shared" "$root/run/shared"
enter_root "$root"
exec chroot . "$@"
