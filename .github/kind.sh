#!/bin/bash
# Starts the Deployment of the action in the cluster of kind, in each way that docs/kubernetes.md describes, and calls it.
# Takes IMAGE, and DEPLOYMENT and KUSTOMIZATION as the action gives them.
set -euo pipefail
node=kind-control-plane
folder=$(mktemp -d)
printf '%s' "$DEPLOYMENT" > "$folder/deployment.yaml"
printf '%s' "$KUSTOMIZATION" > "$folder/kustomization.yaml"

docker run --rm --entrypoint cat "$IMAGE" /opt/crac-checkpoint/seccomp.json |
    docker exec --interactive "$node" sh -c \
        'mkdir -p /var/lib/kubelet/seccomp/operator && cat > /var/lib/kubelet/seccomp/operator/crac-checkpoint.json'

# Waits for the pod, calls it, and reads its log. $1: `restored` or `normal`, the start that it has to make.
check() {
    kubectl rollout status deployment/app --timeout 90s
    pod=$(kubectl get pods --selector app=app --output name)
    kubectl port-forward "$pod" 8080:8080 > /dev/null &
    forward=$!
    curl --fail --silent --show-error --retry 30 --retry-all-errors --retry-delay 1 --max-time 5 http://localhost:8080/
    kill "$forward"
    wait "$forward" || true
    kubectl logs "$pod" > "$folder/log"
    cat "$folder/log"
    case $1 in
        restored) ! grep --quiet 'starting the application normally' "$folder/log" || return 1 ;;
        normal) grep --quiet 'starting the application normally.*restore-flags' "$folder/log" ;;
    esac
}

# Changes the container. $1: path below the container, $2: value.
change() {
    kubectl patch deployment app --type json --patch \
        "[{\"op\": \"add\", \"path\": \"/spec/template/spec/containers/0/$1\", \"value\": $2}]"
}

kubectl kustomize "$folder" | kubectl apply --filename -
# Ends the old pod before it makes the new one, so that there is one pod only.
kubectl patch deployment app --patch '{"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}'
# With `exit` in place of the normal start, a pod that responds was restored.
change env '[{"name": "CRAC_ON_RESTORE_FAILURE", "value": "exit"}]'
check restored

change securityContext/readOnlyRootFilesystem true
check restored

change env '[]'
change securityContext/seccompProfile '{"type": "RuntimeDefault"}'
check normal

kubectl delete deployment app --cascade=foreground
# The label that the comments of the Deployment name.
kubectl label namespace default pod-security.kubernetes.io/enforce=privileged
kubectl apply --filename "$folder/deployment.yaml"
check restored
