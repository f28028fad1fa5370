#!/bin/bash
# Starts a Docker engine from a Debian root folder, in a mount namespace of its own (run me with `unshare -m`).
# A plain chroot would not do: `docker exec` needs the engine's root to be the root of its mount namespace.
#
# The socket folder has the engine's daemon.json as well.
#
# usage: start-docker.sh ROOT SOCKET_FOLDER BRIDGE ADDRESS DATA_FOLDER [DATA_SIZE]
# With a size, the data folder is a tmpfs of it.
set -eu
. "$(dirname "$0")/../root-folder.sh"
root=$1 sockets=$2 bridge=$3 address=$4 data=$5 size=${6:-}

# A bridge of its own, so that another engine on this machine does not give out the same addresses.
if ! chroot "$root" ip link show "$bridge" >/dev/null 2>&1; then
    chroot "$root" ip link add name "$bridge" type bridge
    chroot "$root" ip addr add "$address" dev "$bridge"
    chroot "$root" ip link set dev "$bridge" up
fi

prepare_root "$root"
mkdir -p "$root/run/lab"
mount --bind "$sockets" "$root/run/lab"
if [ -n "$size" ]; then
    mkdir -p "$root$data"
    mount -t tmpfs -o "size=$size" tmpfs "$root$data"
fi
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
enter_root "$root"
exec chroot . /usr/sbin/dockerd \
    --config-file /run/lab/daemon.json --host unix:///run/lab/docker.sock --bridge "$bridge" \
    --data-root "$data" --exec-root /run/docker --pidfile /run/docker.pid
