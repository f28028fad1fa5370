#!/bin/sh
# Creates the tree of the files that the base image lacks: the user, its home folder, and the libraries of CRIU.
# $1, $2: ids of the user and of the group.
set -eu
tree=/trees/base
mkdir -p "$tree/etc" "$tree/home" "$tree/opt/crac-checkpoint"
# A folder /app of the base image keeps its owner and its mode.
[ -d /app ] || mkdir "$tree/app"
cp -p /etc/group /etc/passwd "$tree/etc/"
# getent finds users and groups that the base image has.
getent group "$2" >/dev/null || echo "app:x:$2:" >>"$tree/etc/group"
getent passwd "$1" >/dev/null || echo "app:x:$1:$2:app:/home/app:/usr/sbin/nologin" >>"$tree/etc/passwd"
install -d -m 0750 -o "$1" -g "$2" "$tree/home/app"

for criu in "$(command -v criu)" /build/second/criu /opt/crac-java/lib/criu; do
    [ ! -x "$criu" ] || ldd "$criu" 2>/dev/null || true
done | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | while read -r library; do
    for file in "$library" "$(readlink -f "$library")"; do
        # /lib is a link to /usr/lib, and has to stay one.
        file=$(readlink -f "$(dirname "$file")")/$(basename "$file")
        grep -qx "$file" /trees/libraries && continue
        mkdir -p "$tree$(dirname "$file")"
        cp -dp "$file" "$tree$file"
    done
done
# The shell of the start scripts. dash, which is sh in Debian, drops environment variables whose names are not identifiers,
# such as spring.datasource.url; bash passes them on.
ln -s "$(command -v bash || command -v sh)" "$tree/opt/crac-checkpoint/sh"
find "$tree" -exec touch -h -d @0 {} +

# The tree for the checkpoint: folders that only the user of the application can read.
tree=/trees/checkpoint/opt/crac-checkpoint
mkdir -p "$tree"
install -d -m 0700 -o "$1" -g "$2" "$tree/snapshot" "$tree/evidence"
