#!/bin/sh
# PID 1 of the finished image: restores the application from its snapshot, or starts it normally where this
# host cannot restore. Signals and exit codes of the application pass through.
#
#   CRAC_ON_RESTORE_FAILURE  start (normally, with a warning) or exit
#   CRAC_RESTORE             false: start normally, do not even try to restore
#   CRAC_RESTORE_TIMEOUT     seconds after which a restore that hangs has failed (default 30)
#   CRAC_ARGUMENTS           what arguments of `docker run` do. start: a normal start with them, in place of
#                            the default ones. main: a restore, and the application's main class runs again in
#                            the restored process, with them; that is CRaC's own meaning of arguments, and
#                            nothing for a server that is up already (default start)
#   JAVA_OPTS                options for the JVM, separated by white space; a restore takes the -D ones
set -fu
here=$(dirname "$0")
. "$here/criu.sh"
restored=/dev/shm/crac-restored

# Waits for the end of a child, hands on signals while it lives, and sets $code.
await() {
    trap "kill -TERM $1 2>/dev/null" TERM
    trap "kill -INT $1 2>/dev/null" INT
    code=0
    while kill -0 "$1" 2>/dev/null; do
        wait "$1"
        code=$?
    done
    trap - TERM INT
}

restore() {
    rm -f "$restored"
    main=
    [ $# -eq 0 ] || main=$(cat "$here/main-class")
    properties=
    for option in ${JAVA_OPTS-}; do
        case $option in
        -D*) properties="$properties $option" ;;
        esac
    done
    # CRIU writes the pid file when the process is back.
    taken_by=$(cat "$here/taken-by")
    name_engine "$taken_by" "--pidfile $restored $(tr '\n' ' ' <"$here/snapshot/criu-options")"
    # Warp is the JVM itself: it leaves no such mark, and what it ends with is the application's.
    [ "$taken_by" != warp ] || echo warp >"$restored"
    # CRIU leaves its statistics in the current folder; the restored process has its own again.
    (cd "${HOME:-/tmp}" && exec env --default-signal=INT,QUIT java ${engine_option:+"$engine_option"} \
        "-XX:CRaCRestoreFrom=$here/snapshot" $properties $main "$@") &
    child=$!
    (
        # A CRIU that lacks a capability can hang instead of ending.
        sleep "${CRAC_RESTORE_TIMEOUT:-30}"
        [ -s "$restored" ] && exit
        # Half-restored processes are not children of this script. As PID 1 it may end every other process here.
        if [ $$ -eq 1 ]; then kill -KILL -1; else kill -KILL "$child"; fi
    ) >/dev/null 2>&1 &
    watchdog=$!
    await "$child"
    kill "$watchdog" 2>/dev/null
    [ -s "$restored" ]
}

try=${CRAC_RESTORE-true}
if [ $# -gt 0 ] && [ "${CRAC_ARGUMENTS-start}" != main ]; then
    try=false
    echo "crac-checkpoint: arguments are for a normal start; see CRAC_ARGUMENTS in $0" >&2
fi
if [ "$try" != false ]; then
    restore "$@" && exit "$code"
    if [ "${CRAC_ON_RESTORE_FAILURE-start}" = exit ]; then
        echo "crac-checkpoint: the snapshot could not be restored here; see the lines above" >&2
        exit 1
    fi
    echo "crac-checkpoint: the snapshot could not be restored here; starting the application normally. The flags that a restore needs are the image's label io.github.crac-checkpoint.restore-flags" >&2
fi

# java is not PID 1 on purpose: some CRaC builds fork when they are, and run main twice.
given=$#
while IFS= read -r word; do
    [ -z "$word" ] || set -- "$@" "$word"
done <<EOF
$(cat "$here/java-options")
$(printf '%s\n' ${JAVA_OPTS-})
$(cat "$here/application")
$([ "$given" -gt 0 ] || cat "$here/arguments")
EOF
# The arguments of `docker run` are in front now, and belong behind the rest.
while [ "$given" -gt 0 ]; do
    set -- "$@" "$1"
    shift
    given=$((given - 1))
done
env --default-signal=INT,QUIT java "$@" &
await $!
exit "$code"
