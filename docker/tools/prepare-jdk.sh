#!/bin/sh
# The tree of the JDK: with its fixed path, /opt/java, without what only developers need, and with what is known of
# it. Makes sure that it can take checkpoints. $1: the engine that is wanted: auto, criu or warp.
set -eu
wanted=$1
tree=/trees/jdk
notes=$tree/opt/crac-checkpoint

set -- $tree/opt/jdk/*/bin/java
if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "crac-checkpoint: NO-JDK: the archive does not hold one top folder with bin/java"
    exit 1
fi
jdk=$(dirname "$(dirname "$1")")
(cd "$jdk" && rm -rf jmods src.zip lib/src.zip demo sample man include)
ln -s "${jdk#"$tree"}" $tree/opt/java
ln -s "$jdk" /opt/java
mkdir -p "$notes"

# The options that this JVM knows, from the JVM itself: names and meanings differ between versions.
# Without UsePerfData a JVM leaves nothing in /tmp, and so in the image.
java="/opt/java/bin/java -XX:-UsePerfData"
flags=$notes/jvm-flags
$java -XX:+PrintFlagsFinal -version 2>&1 | sed -n 's/^ *[a-z_]* *\([A-Za-z]*\) *=.*/\1/p' >"$flags"
if grep -qx CRaCEngineOptions "$flags"; then
    $java -XX:CRaCEngineOptions=help -version >"$notes/engine-options" 2>&1 || true
fi
if ! grep -qx CRaCCheckpointTo "$flags"; then
    echo "crac-checkpoint: NO-CRAC: $($java -version 2>&1 | head -n 1)"
    exit 1
fi
if [ ! -x /opt/java/bin/jcmd ]; then
    echo "crac-checkpoint: NO-JCMD: the archive holds no bin/jcmd; a JDK is needed, not a JRE"
    exit 1
fi

# Which engines it has. Azul's builds have Warp besides CRIU, or alone.
engines=
for file in lib/criuengine lib/libcriuengine.so; do
    [ ! -e "/opt/java/$file" ] || engines=criu
done
for file in bin/warp lib/warpengine lib/libwarp.so lib/libwarpengine.so; do
    [ ! -e "/opt/java/$file" ] || engines="$engines warp"
done
echo $engines >"$notes/engines"
case "$wanted: $engines " in
warp:*' warp '* | criu:*criu* | auto:*) ;;
*)
    echo "crac-checkpoint: NO-ENGINE: it has no engine $wanted (it has:$engines)"
    exit 1
    ;;
esac

# For the log: what it is, and which of the options that differ between generations it has.
version=$(sed -n 's/^JAVA_VERSION="\(.*\)"$/\1/p' "$(readlink -f /opt/java)/release" 2>/dev/null || true)
echo "crac-checkpoint: Java ${version:-of unknown version}, with" \
    $(grep -xE 'CREngine|CRaCEngine|CRaCEngineOptions|CPUFeatures|CRaCMinPid' "$flags")

# Not the JDK's own files: the JVM compares the time of lib/modules with that in its archive of classes.
find $tree -maxdepth 2 -exec touch -h -d @0 {} +
find "$notes" -exec touch -d @0 {} +
