#!/bin/sh
# Lets each CRIU of this image dump a sleeping process, here and with the privileges of this container. That tries
# what `criu check` does not (the CPU's registers, the kernel's vDSO, the seccomp filter), and asks for nothing that a
# dump does not need. $1: the capability that CRIU has, as install-criu.sh names it.
set -u
here=$(dirname "$0")
echo "crac-checkpoint: engines $(cat "$here/engines")"
for folder in "$here"/criu/*/; do
    kind=$(basename "$folder")
    images=$(mktemp -d)
    sleep 60 </dev/null >/dev/null 2>&1 &
    process=$!
    echo "crac-checkpoint: trial of $kind $(cat "${folder}version")"
    # A CRIU that lacks a capability can hang for ever.
    timeout -s KILL 10 "$folder$1/criu" dump --tree "$process" --images-dir "$images" -v4 --log-file dump.log --shell-job \
        $(cat "${folder}options") </dev/null 2>&1
    code=$?
    kill -KILL "$process" 2>/dev/null
    wait "$process" 2>/dev/null
    grep -E 'Error|Warn|Dumping finished' "$images/dump.log" 2>/dev/null | head -n 100
    echo "crac-checkpoint: trial of $kind ended with $code"
    rm -rf "$images"
done
