#!/bin/bash
# The script way of making an image with a snapshot, as projects do it in their build: a container that installs its
# packages, a poll for readiness every 2 s, curl, jcmd, a poll for the snapshot every 5 s, a second build, a push.
# Nothing is checked but that the commands succeed. Each step's time goes to stderr.
#
# usage: make-image.sh BASE_IMAGE JDK_ARCHIVE CONTEXT TAG
# JDK_ARCHIVE is a file, or the address of an asset of a release.
set -eu
base=$1 jdk=$2 context=$3 tag=$4
here=$(cd "$(dirname "$0")" && pwd)
name=script-way-$$
work=$(mktemp -d)
trap 'docker rm --force $name >/dev/null 2>&1; docker image rm --force $name >/dev/null 2>&1; rm -rf "$work"' EXIT

began=$EPOCHREALTIME
step() {
    now=$EPOCHREALTIME
    echo "step $1 $(((${now/[.,]/} - ${began/[.,]/}) / 1000))" >&2
    began=$now
}

cp "$here"/*.sh "$here"/Dockerfile* "$work"
case $jdk in
http*)
    curl --silent --fail --location --header 'accept: application/octet-stream' --output "$work/jdk.tar.gz" "$jdk"
    step download
    ;;
# A link, as a build context that is a checkout would have the file itself.
*) ln "$jdk" "$work/jdk.tar.gz" 2>/dev/null || cp "$jdk" "$work/jdk.tar.gz" ;;
esac
cp -r "$context" "$work/app"
docker build --quiet --build-arg BASE_IMAGE="$base" --tag "$name" "$work" >/dev/null
step build
docker run --detach --privileged --name "$name" --publish 127.0.0.1::8080 "$name" >/dev/null
address=$(docker port "$name" 8080/tcp | head -n 1)
until curl --silent --fail --output /dev/null "http://$address/"; do sleep 2; done
step start
curl --silent --fail --output /dev/null "http://$address/"
step warm-up
docker exec "$name" sh -c 'jcmd $(cat /jvm.pid) JDK.checkpoint' >/dev/null
until [ "$(docker inspect --format '{{.State.Status}}' "$name")" = exited ]; do sleep 5; done
step checkpoint
docker cp --quiet "$name:/snapshot" "$work/snapshot"
step copy
docker build --quiet --build-arg CHECKPOINT_IMAGE="$name" --file "$work/Dockerfile.restore" --tag "$tag" "$work" >/dev/null
step second-build
docker push --quiet "$tag" >/dev/null
step push
