#!/bin/bash
# Starts manifests with `podman kube play`, one after the other, and calls each. usage: play.sh PORT NAME...
# /run/shared has image.tar, seccomp.json and for each name NAME.yaml, and NAME.seccomp.json where podman shall have that profile as its
# default; NAME.log and NAME.answer are written there.
set -eu
export PODMAN_IGNORE_CGROUPSV1_WARNING=1
port=$1
shift
profiles=/var/lib/kubelet/seccomp/operator
mkdir -p "$profiles"
cp /run/shared/seccomp.json "$profiles/crac-checkpoint.json"
podman load --quiet --input /run/shared/image.tar >/dev/null

# crun refuses the mixed cgroups of some machines.
podman=(podman --runtime runc)

# Sends a request inside the network namespace of the pod, which has no other network.
call() {
    nsenter --target "$1" --net bash -c \
        "exec 3<>/dev/tcp/127.0.0.1/$port && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && cat <&3" 2>/dev/null
}
# The first of the files from which podman reads its default profile.
default=/etc/containers/seccomp.json
trap 'rm -f "$default"' EXIT
for name; do
    rm -f "$default"
    [ ! -f "/run/shared/$name.seccomp.json" ] || cp "/run/shared/$name.seccomp.json" "$default"
    "${podman[@]}" kube play --quiet --network none "/run/shared/$name.yaml" >/dev/null
    container=$("${podman[@]}" ps --all --quiet --filter name=app-pod-app)
    for _ in $(seq 120); do
        pid=$("${podman[@]}" inspect --format '{{.State.Pid}}' "$container")
        [ "$pid" = 0 ] || ! call "$pid" >"/run/shared/$name.answer" || [ ! -s "/run/shared/$name.answer" ] || break
        sleep 0.25
    done
    "${podman[@]}" logs "$container" >"/run/shared/$name.log" 2>&1
    grep -E 'CapEff|CapBnd|Seccomp:' "/proc/$pid/status" >>"/run/shared/$name.log" || true
    "${podman[@]}" kube down "/run/shared/$name.yaml" >/dev/null
done
"${podman[@]}" version --format '{{.Client.Version}}'
