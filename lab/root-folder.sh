# Functions for a Debian root folder as the root of a mount namespace of its own: for a script that runs with `unshare -m`, and sources me.

# Mounts what programs expect into the root folder. /run is empty there.
prepare_root() {
    mount --make-rprivate /
    mount --bind "$1" "$1"
    mount -t proc proc "$1/proc"
    mount --rbind /sys "$1/sys"
    mount --rbind /dev "$1/dev"
    mount -t tmpfs tmpfs "$1/run"
    mkdir -p "$1/.old"
}

# Makes the folder the root of the namespace: the machine is out of reach then. The next program needs `chroot .`.
enter_root() {
    cd "$1"
    pivot_root . .old
    umount -l /.old
}
