#!/bin/sh
# Splits the file of pages of the snapshot in two, and replaces the images that describe them: a restore then maps the
# pages of $1, which keeps the name that it had in the dump, and loads those of the new file $2. evidence/heap has the new
# images, and for each of the two files its ranges in the old file: offset and length in bytes, one range a line.
set -eu
umask 077
heap=/opt/crac-checkpoint/evidence/heap
cd /opt/crac-checkpoint/snapshot

# Copies the ranges on stdin out of the old file.
ranges() {
    while read -r offset length; do
        dd "if=$old" bs=1M iflag=skip_bytes,count_bytes,fullblock "skip=$offset" "count=$length" status=none
    done
}

old=$1
chmod u+w "$old"
ranges <"$heap/loaded" >"$2"
read -r offset length <"$heap/mapped"
if [ "$(wc -l <"$heap/mapped")" -eq 1 ] && [ "$offset" -eq 0 ]; then
    # CRIU writes pages by address, and a heap is usually at lower addresses than everything else.
    truncate -s "$length" "$old"
else
    ranges <"$heap/mapped" >"$old.mapped"
    mv -f "$old.mapped" "$old"
fi
for image in "$heap"/images/*; do
    rm -f "${image##*/}"
    cp "$image" .
done
chmod 0400 -- *
