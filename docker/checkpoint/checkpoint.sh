#!/opt/crac-checkpoint/sh
# PID 1 of the checkpoint container: starts the JVM, waits for its end, and collects the evidence of the checkpoint.
# After a checkpoint it prints a line and keeps running, because the end of a container takes longer than the rest of the
# work. Otherwise it ends with the exit code of the JVM.
#
#   checkpoint.sh ENGINE [OPTION...]   ENGINE as in docker/image/criu.sh; more options for the JVM
set -fu
umask 077
here=$(dirname "$0")
. "$here/await.sh"
. "$here/criu.sh"

# A restore needs the same process ids. Every container uses low ids for its own start, so the JVM has to start with a
# higher one. (Writing to ns_last_pid would need a writable /proc/sys.)
pid=0
while [ "$pid" -lt 128 ]; do
    true &
    pid=$!
    wait "$pid"
done

# Libraries such as netty-tcnative unpack a native library to /tmp, load it and delete it: CRIU then keeps its content in the
# snapshot, by default up to 1 MB. The limit is for files that an application has deleted by mistake.
name_engine "$1" '--ghost-limit 128M'
shift
# A JVM without this option would refuse to start with it.
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

# glibc registers restartable sequences (rseq) in the size that the kernel has: 33 bytes on kernel 7.2. Kernels before 6.3 accept 32
# bytes only, so a snapshot with more would not restore there. Then glibc leaves them out. 27 is AT_RSEQ_FEATURE_SIZE.
rseq=$(od -A n -v -t u8 -w16 /proc/self/auxv 2>/dev/null | sed -n 's/^ *27 *//p')
case ${GLIBC_TUNABLES:-} in
*glibc.pthread.rseq=*) ;;
*) [ "${rseq:-0}" -le 32 ] || export GLIBC_TUNABLES="${GLIBC_TUNABLES:+$GLIBC_TUNABLES:}glibc.pthread.rseq=0" ;;
esac

# A shell lets background processes ignore SIGINT and SIGQUIT, and bash adds these variables.
env --unset=SHLVL --unset=PWD --unset=OLDPWD --unset=_ --default-signal=INT,QUIT java ${engine_option:+"$engine_option"} \
    "-XX:CRaCCheckpointTo=$here/snapshot" "$@" </dev/null &
jvm=$!
echo "$jvm" >"$here/evidence/jvm.pid"
# The standard streams of this container do not exist at the restore: these options map each pipe of the process to the
# stream of the new container.
for descriptor in 1 2; do
    stream=$(readlink "/proc/$jvm/fd/$descriptor")
    case $stream in
    pipe:*) echo "--inherit-fd fd[$descriptor]:$stream" ;;
    esac
done >"$here/snapshot/criu-options"
# A snapshot for this CPU only: its entry script compares what a JVM uses.
if [ "$(cat "$here/cpu-features")" = native ]; then
    sed -n '/^\(flags\|Features\)[^:]*: /{ s///; p; q; }' /proc/cpuinfo | tr ' ' '\n' |
        grep -xE 'avx.*|sse.*|ssse3|bmi.*|adx|fma|f16c|popcnt|abm|aes|vaes|v?pclmulqdq|sha.*|gfni|erms|fsrm|clwb|clflushopt|asimd.*|pmull|crc32|atomics|sve.*|pac.*' |
        tr '\n' ' ' >"$here/snapshot/cpu-flags"
fi
await "$jvm"

# `wait` returns 137 for a process that CRIU dumped and killed. CRIU kills it before the end of its own log is written,
# and would end with this script: so the script waits for the end of CRIU, for 5 seconds at most.
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
# The time at which CRIU finished, in seconds.
stat -c %.6Y dump4.log >"$here/evidence/completed" 2>/dev/null
for file in dump4.log stats-dump; do
    [ ! -f "$file" ] || mv "$file" "$here/evidence/"
done
# The images that describe the snapshot, without its memory. Some versions of CRIU do not write all of them.
mkdir "$here/evidence/images"
cp inventory.img pstree.img core-*.img mm-*.img pagemap-*.img files.img fdinfo-*.img "$here/evidence/images/" 2>/dev/null
stat -c '%s %n' -- * >"$here/evidence/files"
chmod 0400 -- *
# Leftovers of the attach mechanism of the JVM, which are not open.
rm -f /tmp/.java_pid* /tmp/.attach_pid*
[ "$code" -eq 137 ] && [ -s "$here/evidence/dump4.log" ] || exit "$code"
echo "crac-checkpoint: the JVM ended with $code, as it does when CRIU has dumped it"
# As process 1 it gets SIGTERM only with a trap. Without one, an engine that stops has to wait for this container.
trap 'exit 143' TERM
sleep 86400 &
wait
