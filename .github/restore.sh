#!/bin/bash
# Starts an image of the action as its user would, without the fallback, and calls it.
# Takes IMAGE, and RESTORE_FLAGS as the action gives them.
set -euo pipefail
uname -r
grep -m1 'model name' /proc/cpuinfo || true

docker run --rm --entrypoint cat "$IMAGE" /opt/crac-checkpoint/seccomp.json > seccomp.json
read -ra flags <<< "$RESTORE_FLAGS"
container=$(docker run --detach --publish 8080:8080 --env CRAC_ON_RESTORE_FAILURE=exit "${flags[@]}" "$IMAGE")
trap 'docker logs "$container"; docker rm --force "$container" > /dev/null' EXIT
curl --fail --silent --show-error --retry 60 --retry-all-errors --retry-delay 1 --max-time 5 http://localhost:8080/
