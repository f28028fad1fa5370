#!/bin/sh
# PID 1 of the finished image: restores the application from its snapshot, or starts it normally if this host cannot
# restore it. Signals go to the application, and its exit code is the exit code of the container.
#
#   CRAC_ON_RESTORE_FAILURE  start (normally, with a warning) or exit
#   CRAC_RESTORE             false: start normally, without a restore
#   CRAC_RESTORE_TIMEOUT     seconds after which a restore that hangs is ended (default 30)
#   CRAC_ARGUMENTS           effect of arguments of `docker run`. start (default): a normal start with them instead of the
#                            default ones. main: a restore, after which the main class runs again in the restored process
#                            with these arguments, as CRaC defines it; not useful for a server that already runs
#   JAVA_OPTS                options for the JVM, separated by white space; a restore uses only the -D options
set -fu
here=$(dirname "$0")
. "$here/criu.sh"
restored=/dev/shm/crac-restored

# Waits for the end of a child process, forwards signals to it, and sets $code.
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
    # CRIU writes the pid file when the process is restored.
    taken_by=$(cat "$here/taken-by")
    name_engine "$taken_by" "--pidfile $restored $(tr '\n' ' ' <"$here/snapshot/criu-options")"
    # Warp is part of the JVM and writes no pid file: its exit code is that of the application.
    [ "$taken_by" != warp ] || echo warp >"$restored"
    # CRIU writes its statistics to the current folder; the restored process has its previous one.
    (cd "${HOME:-/tmp}" && exec env --default-signal=INT,QUIT java ${engine_option:+"$engine_option"} \
        "-XX:CRaCRestoreFrom=$here/snapshot" $properties $main "$@") &
    child=$!
    (
        # CRIU may hang if it lacks a capability.
        sleep "${CRAC_RESTORE_TIMEOUT:-30}"
        [ -s "$restored" ] && exit
        # Partly restored processes are not children of this script. PID 1 can end all processes of the container.
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

# java is not PID 1, because some CRaC builds fork as PID 1 and run main twice.
given=$#
while IFS= read -r word; do
    [ -z "$word" ] || set -- "$@" "$word"
done <<EOF
$(cat "$here/java-options")
$(printf '%s\n' ${JAVA_OPTS-})
$(cat "$here/application")
$([ "$given" -gt 0 ] || cat "$here/arguments")
EOF
# Moves the arguments of `docker run` from the front to the end.
while [ "$given" -gt 0 ]; do
    set -- "$@" "$1"
    shift
    given=$((given - 1))
done
env --default-signal=INT,QUIT java "$@" &
await $!
exit "$code"
