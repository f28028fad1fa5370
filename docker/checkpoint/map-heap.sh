#!/bin/sh
# Splits the file of pages of the snapshot in two, and replaces the images that describe them: a restore then maps the
# pages of $1, which keeps the name that it had in the dump, and loads those of the new file $2. evidence/heap has the new
# images, and for each of the two files its ranges in the old file: offset and length in bytes, one range a line.
set -eu
umask 077
heap=/opt/crac-checkpoint/evidence/heap
cd /opt/crac-checkpoint/snapshot

# Copies a range of the old file: $1 is its offset, $2 its length, and the others say where to.
copy() {
    offset=$1 length=$2
    shift 2
    dd "if=$old" bs=1M iflag=skip_bytes,count_bytes,fullblock "skip=$offset" "count=$length" status=none "$@"
}

old=$1
chmod u+w "$old"
while read -r offset length; do
    copy "$offset" "$length"
done <"$heap/loaded" >"$2"
# The ranges are in ascending order, so each one moves towards the beginning of the file, over what was copied before. A range
# that has its place already, as most of a heap does, is not copied.
end=0
while read -r offset length; do
    [ "$offset" -eq "$end" ] || copy "$offset" "$length" "of=$old" oflag=seek_bytes "seek=$end" conv=notrunc
    end=$((end + length))
done <"$heap/mapped"
truncate -s "$end" "$old"
for image in "$heap"/images/*; do
    rm -f "${image##*/}"
    cp "$image" .
done
chmod 0400 -- *
