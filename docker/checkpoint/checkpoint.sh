#!/bin/sh
# PID 1 of the checkpoint container: starts the JVM, waits for its end, and leaves the evidence of the
# checkpoint where it can be copied out. After a checkpoint it says so, and stays: the end of a container takes longer
# than all that is left to do. Otherwise it ends with the JVM's exit code.
#
#   checkpoint.sh ENGINE [OPTION...]   ENGINE as in criu.sh; more options for the JVM
set -fu
umask 077
here=$(dirname "$0")
. "$here/criu.sh"

# A restore needs the same process ids again. The low ones are taken in any container, by its own start: so
# the counter is raised before the JVM starts. (Writing to ns_last_pid would need a writable /proc/sys.)
pid=0
while [ "$pid" -lt 128 ]; do
    true &
    pid=$!
    wait "$pid"
done

name_engine "$1" ''
shift
# Only a JVM that knows the option may get it: any other refuses to start.
if grep -qx CPUFeatures "$here/jvm-flags"; then
    set -- "-XX:CPUFeatures=$(cat "$here/cpu-features")" "$@"
fi
while IFS= read -r word; do
    [ -z "$word" ] || set -- "$@" "$word"
done <<EOF
$(cat "$here/java-options")
$(cat "$here/checkpoint-options")
$(cat "$here/application")
$(cat "$here/arguments")
EOF

# A shell lets what it starts in the background ignore SIGINT and SIGQUIT; the application should not.
env --default-signal=INT,QUIT java ${engine_option:+"$engine_option"} \
    "-XX:CRaCCheckpointTo=$here/snapshot" "$@" </dev/null &
jvm=$!
echo "$jvm" >"$here/evidence/jvm.pid"
# The standard streams of this container will not be there at the restore: CRIU needs to know which pipe of
# the process is which stream of the new container.
for descriptor in 1 2; do
    stream=$(readlink "/proc/$jvm/fd/$descriptor")
    case $stream in
    pipe:*) echo "--inherit-fd fd[$descriptor]:$stream" ;;
    esac
done >"$here/snapshot/criu-options"
trap 'kill -TERM "$jvm"' TERM INT

code=0
while kill -0 "$jvm" 2>/dev/null; do
    # Without its words: that CRIU kills the JVM is what is wanted.
    wait "$jvm" 2>/dev/null
    code=$?
done

# `wait` reports the signal that CRIU ends a dumped process with as 137. CRIU kills it before it has written the end of
# its own log, and dies with this process: so its end is awaited, for 5 seconds at most.
set +f
criu_runs() {
    for process in /proc/[0-9]*; do
        read -r name 2>/dev/null <"$process/comm" || continue
        [ "$name" != criu ] || return 0
    done
    return 1
}
waits=0
while [ "$waits" -lt 500 ] && criu_runs; do
    sleep 0.01
    waits=$((waits + 1))
done
cd "$here/snapshot" || exit 1
# When CRIU was done, in seconds: a measure of what comes after it.
stat -c %.6Y dump4.log >"$here/evidence/completed" 2>/dev/null
for file in dump4.log stats-dump; do
    [ ! -f "$file" ] || mv "$file" "$here/evidence/"
done
# The action reads these descriptions of the snapshot, not its memory. This CRIU may not write every kind.
mkdir "$here/evidence/images"
cp inventory.img pstree.img core-*.img mm-*.img pagemap-*.img files.img fdinfo-*.img "$here/evidence/images/" 2>/dev/null
stat -c '%s %n' -- * >"$here/evidence/files"
chmod 0400 -- *
# Left by the JVM's attach mechanism; nothing of it is open any more.
rm -f /tmp/.java_pid* /tmp/.attach_pid*
[ "$code" -eq 137 ] && [ -s "$here/evidence/dump4.log" ] || exit "$code"
echo "crac-checkpoint: the JVM ended with $code, as it does when CRIU has dumped it"
exec sleep 86400
