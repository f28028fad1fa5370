# The other scripts source this file.

# `true` after a signal that asks for the end of the container.
stopped=false
trap 'stopped=true' TERM INT

# Waits for the end of a child process and forwards signals to it. Sets $code to its exit code.
await() {
    trap "stopped=true interrupted=true; kill -TERM $1 2>/dev/null" TERM
    trap "stopped=true interrupted=true; kill -INT $1 2>/dev/null" INT
    # A signal that came before.
    ! "$stopped" || kill -TERM "$1" 2>/dev/null
    code='' interrupted=true
    while "$interrupted"; do
        interrupted=false
        # Hides the message of the shell about a process that a signal ended.
        wait "$1" 2>/dev/null
        ended=$?
        # 127: the wait that a signal interrupted has returned the exit code.
        [ -n "$code" ] && [ "$ended" -eq 127 ] || code=$ended
    done
    trap 'stopped=true' TERM INT
}
