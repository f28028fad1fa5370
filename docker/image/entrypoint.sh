#!/opt/crac-checkpoint/sh
# PID 1 of the finished image: restores the application from its snapshot, or starts it normally if this host cannot
# restore it. Signals go to the application, and its exit code is the exit code of the container.
#
#   CRAC_ON_RESTORE_FAILURE  start (normally, with a warning) or exit
#   CRAC_RESTORE             false: start normally, without a restore
#   CRAC_RESTORE_TIMEOUT     seconds after which a restore that hangs is ended (default 30)
#   CRAC_MEMORY_CHECK        false: restore even if the container has less memory than the heap can grow to
#   CRAC_ARCHIVE             false: a normal start does not use the archive of classes
#   CRAC_ARGUMENTS           effect of arguments of `docker run`. start (default): a normal start with them instead of the
#                            default ones. main: a restore, after which the main class runs again in the restored process
#                            with these arguments, as CRaC defines it; not useful for a server that already runs
#   JAVA_OPTS                options for the JVM, separated by white space; a restore uses only the -D options
#   TZ                       time zone; a restored JVM gets it as the property user.timezone
#
# A program that this script starts costs about a millisecond of a restore. So until CRIU runs it starts only the JVM.
set -fu
here=${0%/*}
page=https://github.com/org/crac-checkpoint/blob/main/docs/running.md#lines-that-the-container-prints
. "$here/await.sh"
. "$here/criu.sh"
# bash adds them.
unset SHLVL PWD OLDPWD

# Sets $cause if something that the restored application needs is not here, and returns 1.
fits_here() {
    if [ ! -r "$here/snapshot/criu-options" ]; then
        cause='the user of this container cannot read the snapshot. Remove --user (runAsUser in Kubernetes)'
        return 1
    fi
    if [ -r "$here/snapshot/max-heap" ] && [ "${CRAC_MEMORY_CHECK-true}" != false ]; then
        read -r heap <"$here/snapshot/max-heap"
        limit=max
        for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
            [ ! -r "$file" ] || read -r limit <"$file"
        done
        if [ "$limit" != max ] && [ "$limit" -lt "$heap" ]; then
            cause="the heap of the snapshot may grow to $((heap >> 20)) MiB, and the memory limit of this container is $((limit >> 20)) MiB. Build the image again with -Xmx in the input java-options, or set CRAC_MEMORY_CHECK=false"
            return 1
        fi
    fi
    if [ -r "$here/snapshot/cpu-flags" ]; then
        read -r needed <"$here/snapshot/cpu-flags"
        while read -r name _ flags; do
            case $name in flags | Features) break ;; esac
        done </proc/cpuinfo
        for flag in $needed; do
            case " $flags " in
            *" $flag "*) ;;
            *)
                cause="this CPU lacks $flag, which the CPU of the checkpoint has. Build the image again with the input cpu-features: generic"
                return 1
                ;;
            esac
        done
    fi
}

# Copies what the application wrote to /tmp before the checkpoint, where a mount hides it.
refill_tmp() {
    set +f
    for file in "$here"/tmp/* "$here"/tmp/.[!.]*; do
        [ ! -e "$file" ] || [ -e "/tmp/${file##*/}" ] || cp -a "$file" /tmp/ || cause="/tmp lacks ${file##*/}, which the snapshot needs, and it cannot be copied there"
    done
    set -f
}

# Returns whether the image itself sets a variable to this value: then its options are those of the checkpoint. $1: NAME=value.
is_own() {
    [ -r "$here/own-options" ] || return
    while IFS= read -r line; do
        [ "$line" != "$1" ] || return 0
    done <"$here/own-options"
    return 1
}

# Adds the -D options of a variable to $kept, and names the others. $1: name of the variable, $2: its value.
sort_options() {
    ! is_own "$1=$2" || return 0
    others=
    case $1:$2 in
    JAVA_OPTS:*) ;; # A quotation mark has no meaning in it.
    *[\"\']*) others=' any, because of its quotation marks' && set -- "$1" '' ;;
    esac
    for option in $2; do
        case $option in
        -D*) kept="$kept $option" ;;
        *) others="$others ${option%%=*}" ;;
        esac
    done
    [ -z "$others" ] || echo "crac-checkpoint: a restored JVM cannot take these options of $1:$others" >&2
}

# Restores the application and waits for its end. Sets $code; returns 1 if it was not restored.
restore() {
    main=
    [ $# -eq 0 ] || read -r main <"$here/main-class"
    kept=
    # A JVM reads TZ only once, so only the property can change the time zone later (docs/restoring.md).
    case ${TZ-} in
    /* | *[!A-Za-z0-9_/+-]*) ;;
    */* | UTC | GMT) kept=" -Duser.timezone=$TZ" ;;
    esac
    sort_options JAVA_OPTS "${JAVA_OPTS-}"
    properties=$kept
    timeout=${CRAC_RESTORE_TIMEOUT:-30}
    case $timeout in *[!0-9]*) timeout=30 ;; esac
    # The mark of a restore. Its name is new at each start, and the home folder belongs to this container and user alone.
    for folder in "${HOME:-/tmp}" /tmp /dev/shm; do
        [ ! -w "$folder" ] || break
    done
    id=$$
    read -r id </proc/sys/kernel/random/uuid
    restored=$folder/.crac-restored-$id
    # CRIU writes the pid file when the process is restored.
    arguments="--pidfile $restored"
    while IFS= read -r line; do
        arguments="$arguments $line"
    done <"$here/snapshot/criu-options"
    name_engine "$taken_by" "$arguments"
    default_signals=
    if [ "$taken_by" = warp ]; then
        # Warp is part of the JVM and writes no pid file: its exit code is that of the application.
        echo warp >"$restored"
        default_signals='env --default-signal=INT,QUIT'
    fi
    read -r begin _ </proc/uptime
    (
        # CRIU writes its statistics to the current folder; the restored process has its previous one.
        cd "$folder" || exit
        # The launcher of the JVM reads this variable, and refuses what a restored JVM cannot take.
        kept=
        sort_options JDK_JAVA_OPTIONS "${JDK_JAVA_OPTIONS-}"
        sort_options JAVA_TOOL_OPTIONS "${JAVA_TOOL_OPTIONS-}"
        sort_options _JAVA_OPTIONS "${_JAVA_OPTIONS-}"
        unset JDK_JAVA_OPTIONS JAVA_TOOL_OPTIONS _JAVA_OPTIONS
        [ -z "$kept" ] || export JDK_JAVA_OPTIONS="${kept# }"
        unset PWD OLDPWD
        exec $default_signals java ${engine_option:+"$engine_option"} "-XX:CRaCRestoreFrom=$here/snapshot" $properties $main "$@"
    ) &
    child=$!
    (
        # CRIU may hang if it lacks a capability.
        while [ "$timeout" -gt 0 ]; do
            sleep 1
            [ ! -s "$restored" ] || exit 0
            timeout=$((timeout - 1))
        done
        : >"$restored.late"
        # Partly restored processes are not children of this script. PID 1 can end all processes of the container.
        if [ $$ -eq 1 ]; then kill -KILL -1; else kill -KILL "$child"; fi
    ) >/dev/null 2>&1 &
    watchdog=$!
    await "$child"
    # Not SIGTERM: it would be lost in a watchdog that has only just started.
    kill -KILL "$watchdog" 2>/dev/null
    wait "$watchdog" 2>/dev/null
    seen=$?
    if [ -e "$restored.late" ]; then
        rm -f "$restored" "$restored.late"
        cause="the restore was not complete after $timeout s. Raise CRAC_RESTORE_TIMEOUT"
        return 1
    fi
    [ "$seen" -eq 0 ] || [ -s "$restored" ] || return 1
    rm -f "$restored"
    # Signals of a crash: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV. A JVM that does not find what it needs ends so.
    case $code in
    132 | 133 | 134 | 135 | 136 | 139)
        read -r end _ </proc/uptime
        [ $((${end%.*} - ${begin%.*})) -ge 10 ] || { cause="the restored JVM ended with exit code $code" && return 1; }
        ;;
    esac
}

# Sets $cause if a file that the snapshot needs is not as it was. Each line of the list has `x` for code, else `-`.
find_file() {
    [ -r "$here/snapshot/needed-files" ] || return
    while read -r kind file; do
        if [ ! -e "$file" ]; then
            cause="this container lacks $file, which the snapshot needs. Mount nothing over its folder"
        elif [ ! -r "$file" ]; then
            cause="the user of this container cannot read $file, which the snapshot needs"
        elif [ "$kind" = x ]; then
            while read -r _ point _ options _; do
                case ,$options,:$file in
                *,noexec,*:"$point"/*) cause="$point is mounted with noexec, and the snapshot needs the code in $file. Mount it with exec" ;;
                esac
            done </proc/self/mounts
        fi
        [ -z "$cause" ] || return
    done <"$here/snapshot/needed-files"
}

# Sets $cause if a process here has an id that the snapshot needs: each of its threads has a file with its id in the name.
find_id() {
    set +f
    for file in "$here"/snapshot/core-*.img; do
        id=${file##*/core-}
        id=${id%.img}
        [ ! -e "/proc/$id" ] || cause="the process id $id, which the snapshot needs, is in use: this container shares its process ids (--pid, hostPID, shareProcessNamespace)"
    done
    set -f
}

# Succeeds if CRIU cannot use clone3, with which it creates processes with their ids.
lacks_clone3() {
    case $("$here/criu/$taken_by/criu" check --unprivileged --feature clone3_set_tid 2>&1) in
    *'clone3() with set_tid not supported'*) ;;
    *) return 1 ;;
    esac
}

# Sets $cause after a restore that failed, from what can be seen in the container.
find_cause() {
    bounding=0 no_new_privileges=0
    while read -r name value; do
        case $name in
        CapBnd:) bounding=$((0x$value)) ;;
        NoNewPrivs:) no_new_privileges=$value ;;
        esac
    done </proc/self/status
    number=40 capability=CHECKPOINT_RESTORE
    case $taken_by in */sys_admin) number=21 capability=SYS_ADMIN ;; esac
    ptrace_scope=0
    [ ! -r /proc/sys/kernel/yama/ptrace_scope ] || read -r ptrace_scope </proc/sys/kernel/yama/ptrace_scope
    flags="the flags that a restore needs are the image's label io.github.crac-checkpoint.restore-flags"
    if [ "$taken_by" = warp ]; then
        cause='see the lines of the JVM above'
    elif [ "$no_new_privileges" -eq 1 ]; then
        cause="no-new-privileges is on (allowPrivilegeEscalation: false in Kubernetes); $flags"
    elif [ $((bounding >> number & 1)) -eq 0 ]; then
        cause="the container lacks the capability $capability; $flags"
    elif [ $((bounding >> 8 & 1)) -eq 0 ]; then
        cause="the container lacks the capability SETPCAP; $flags"
    elif [ "$ptrace_scope" -ge 2 ]; then
        cause="kernel.yama.ptrace_scope is $ptrace_scope on this host, and CRIU needs 0 or 1"
    elif lacks_clone3; then
        cause="the seccomp profile of this container blocks clone3 (RuntimeDefault in Kubernetes); $flags"
    else
        find_file
        [ -n "$cause" ] || find_id
        [ -n "$cause" ] || cause='see the lines of CRIU above'
    fi
}

cause=
try=${CRAC_RESTORE-true}
if [ $# -gt 0 ] && [ "${CRAC_ARGUMENTS-start}" != main ]; then
    try=false
    echo "crac-checkpoint: this container has arguments, so the application starts normally. With CRAC_ARGUMENTS=main it is restored. See $page" >&2
fi
if [ "$try" != false ]; then
    read -r taken_by <"$here/taken-by"
    refill_tmp
    if fits_here; then
        restore "$@" && exit "$code"
        # The signal was for the application.
        ! "$stopped" || exit "$code"
    fi
    [ -n "$cause" ] || find_cause
    if [ "${CRAC_ON_RESTORE_FAILURE-start}" = exit ]; then
        echo "crac-checkpoint: the snapshot could not be restored here: $cause. See $page" >&2
        exit 1
    fi
    echo "crac-checkpoint: the snapshot could not be restored here; starting the application normally. Cause: $cause. See $page" >&2
fi

# Prints the options with which the JVM uses the archive of classes. Some JVMs crash with an archive of another size.
archive_options() {
    [ "${CRAC_ARCHIVE-true}" != false ] && [ -s "$here/archive/java-options" ] || return
    read -r size archive <"$here/archive/size"
    [ "$(stat -c %s "$archive" 2>/dev/null)" != "$size" ] || cat "$here/archive/java-options"
}

# java is not PID 1, because some CRaC builds fork as PID 1 and run main twice.
given=$#
options=${JAVA_OPTS-}
! is_own "JAVA_OPTS=$options" || options=
while IFS= read -r word; do
    [ -z "$word" ] || set -- "$@" "$word"
done <<EOF
$(cat "$here/java-options")
$(archive_options)
$(printf '%s\n' $options)
$(cat "$here/application")
$([ "$given" -gt 0 ] || cat "$here/arguments")
EOF
# Moves the arguments of `docker run` from the front to the end.
while [ "$given" -gt 0 ]; do
    set -- "$@" "$1"
    shift
    given=$((given - 1))
done
# A shell lets background processes ignore these signals, and bash adds these variables.
env --unset=SHLVL --unset=_ --default-signal=INT,QUIT java "$@" &
await $!
exit "$code"
