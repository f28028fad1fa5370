#!/bin/bash
# Runs a program in a Debian root folder that has podman, in a mount namespace of its own (run me with `unshare -m`): podman needs the
# root to be the root of its mount namespace. The folder SHARED is /run/shared inside.
#
# usage: in-podman.sh ROOT SHARED PROGRAM [ARGUMENT...]
set -eu
root=$1 shared=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/run/shared" "$root/.old" "$root/var/lib/containers"
# What podman keeps is gone with the namespace.
mount -t tmpfs tmpfs "$root/var/lib/containers"
mount --bind "$shared" "$root/run/shared"
cd "$root"
pivot_root . .old
umount -l /.old
exec chroot . "$@"
