#!/bin/sh
# Creates the tree of the JDK: at the fixed path /opt/crac-java, with facts about the JDK. Its archive has no files that only
# developers need (src/jdk/archive.ts). A layer of an image has the finished tree already (src/registry/jdk-layer.ts). Fails if the
# JDK cannot take checkpoints. $1: the checkpoint engine: auto, criu or warp; $2: a store of certificates in the base image that the
# JDK gets, or nothing.
set -eu
wanted=$1
trust_store=$2
tree=/trees/jdk
notes=$tree/opt/crac-checkpoint

set -- $tree/opt/jdk/*/bin/java
if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "crac-checkpoint: NO-JDK: the archive does not have one top folder with bin/java"
    exit 1
fi
jdk=$(dirname "$(dirname "$1")")
[ -L $tree/opt/crac-java ] || ln -s "${jdk#"$tree"}" $tree/opt/crac-java
# A link of a base that this action has made is replaced. The link could not replace a folder in the image, either.
if [ -e /opt/crac-java ] && [ ! -L /opt/crac-java ]; then
    echo "crac-checkpoint: NO-PLACE: /opt/crac-java"
    exit 1
fi
ln -sfn "$jdk" /opt/crac-java
mkdir -p "$notes"

certificates=$jdk/lib/security/cacerts
if [ -n "$trust_store" ] && [ -s "$trust_store" ] && ! cmp -s "$trust_store" "$certificates"; then
    rm -f "$certificates"
    cp "$trust_store" "$certificates"
    chmod 0644 "$certificates"
    touch -d @0 "$certificates" "$jdk/lib/security"
    echo "crac-checkpoint: the JDK has the certificates of $trust_store"
fi

# The options of this JVM, by its own list: names and meanings differ between generations.
# Without UsePerfData, a JVM leaves no files in /tmp, and so none in the image.
java="/opt/crac-java/bin/java -XX:-UsePerfData"
flags=$notes/jvm-flags
if [ ! -e "$flags" ]; then
    $java -XX:+PrintFlagsFinal -version 2>&1 | sed -n 's/^ *[a-z_]* *\([A-Za-z]*\) *=.*/\1/p' >"$flags"
    if grep -qx CRaCEngineOptions "$flags"; then
        $java -XX:CRaCEngineOptions=help -version >"$notes/engine-options" 2>&1 || true
        # The entry script checks only that this file exists: a restore has no time to search the list.
        ! grep -q criu_location "$notes/engine-options" || : >"$notes/criu-location"
    fi
fi
if ! grep -qx CRaCCheckpointTo "$flags"; then
    echo "crac-checkpoint: NO-CRAC: $($java -version 2>&1 | head -n 1)"
    exit 1
fi
if [ ! -x /opt/crac-java/bin/jcmd ]; then
    echo "crac-checkpoint: NO-JCMD: the archive has no bin/jcmd; use a JDK, not a JRE"
    exit 1
fi

# The checkpoint engines of the JDK. Builds of Azul have CRIU and Warp, or only Warp.
engines=
for file in lib/criuengine lib/libcriuengine.so; do
    [ ! -e "/opt/crac-java/$file" ] || engines=criu
done
for file in bin/warp lib/warpengine lib/libwarp.so lib/libwarpengine.so; do
    [ ! -e "/opt/crac-java/$file" ] || engines="$engines warp"
done
echo $engines >"$notes/engines"
case "$wanted: $engines " in
warp:*' warp '* | criu:*criu* | auto:*) ;;
*)
    echo "crac-checkpoint: NO-ENGINE: $wanted (available:$engines)"
    exit 1
    ;;
esac

# For the log: the version, and the options that differ between generations.
version=$(sed -n 's/^JAVA_VERSION="\(.*\)"$/\1/p' "$(readlink -f /opt/crac-java)/release" 2>/dev/null || true)
echo "crac-checkpoint: Java ${version:-of unknown version}, with" \
    $(grep -xE 'CREngine|CRaCEngine|CRaCEngineOptions|CPUFeatures|CRaCMinPid' "$flags")

# Files of the JDK keep their times: the JVM compares the time of lib/modules with the time in its class archive.
find $tree -maxdepth 2 -exec touch -h -d @0 {} +
find "$notes" -exec touch -d @0 {} +
