#!/bin/sh
# Dumps a sleeping process with each CRIU of this image, with the privileges of this container. This tests what
# `criu check` does not (registers of the CPU, vDSO of the kernel, seccomp filter), and needs no other privileges than a
# dump. $1: the capability of CRIU, as docker/tools/prepare-criu.sh names it. $2: time limit for each CRIU in seconds.
set -u
here=$(dirname "$0")
echo "crac-checkpoint: engines $(cat "$here/engines")"
for folder in "$here"/criu/*/; do
    kind=$(basename "$folder")
    images=$(mktemp -d)
    sleep 600 </dev/null >/dev/null 2>&1 &
    process=$!
    echo "crac-checkpoint: trial of $kind $(cat "${folder}version")"
    # CRIU may hang if it lacks a capability.
    timeout -s KILL "$2" "$folder$1/criu" dump --tree "$process" --images-dir "$images" -v4 --log-file dump.log --shell-job \
        $(cat "${folder}options") </dev/null 2>&1
    code=$?
    kill -KILL "$process" 2>/dev/null
    wait "$process" 2>/dev/null
    grep -E 'Error|Warn|Dumping finished|UDPLITE: -2$' "$images/dump.log" 2>/dev/null | head -n 100
    echo "crac-checkpoint: trial of $kind ended with $code"
    rm -rf "$images"
done
