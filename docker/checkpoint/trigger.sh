#!/bin/sh
# Triggers the checkpoint in the JVM. The output of jcmd shows whether the JVM refused; its exit code does not.
# Each start of jcmd costs more than 100 ms, so there are two with several commands each. After a command that the JVM
# refuses, jcmd goes on with the next one.
evidence=$(dirname "$0")/evidence
snapshot=$(dirname "$0")/snapshot
read -r jvm <"$evidence/jvm.pid"
# Only the names, because values may be secret.
cut -z -d = -f 1 "/proc/$jvm/environ" >"$evidence/environment-names"
# The files that a restore needs, with `x` for code: after a restore that failed, the entry script names the one that is
# missing. A JVM removes its hsperfdata at a checkpoint.
{
    sed -n 's/^[^ ]* ..\(.\). [^ ]* [^ ]* [^ ]* *\(\/.*\)/\1 \2/p' "/proc/$jvm/maps"
    ls -l "/proc/$jvm/fd" | sed -n 's/.* -> \(\/.*\)/- \1/p'
} | grep -vE '^. /(dev|proc|sys|memfd:|SYSV|tmp/hsperfdata_)|\(deleted\)$' | sort -u >"$snapshot/needed-files"
# jcmd is a JVM too: a debugger or an agent of the application would use its port a second time.
unset JAVA_TOOL_OPTIONS _JAVA_OPTIONS
# GC.run makes the heap small. A JVM also does that at a checkpoint, but releases the memory later. With both flags at 0 the
# heap is as small as its content (docs/decisions/garbage.md). The minimum must never be above the maximum. The next commands
# print the memory areas of the JVM. The last one returns native memory that malloc keeps for later (JDK 18, and later updates of
# 17): jcmd ends at a command that the JVM does not know. Of all flags only four are kept, and of VM.info only the tables of the
# garbage collector: others may have secret values, such as variables of the environment.
jcmd "$jvm" 'VM.flags -all
VM.set_flag MinHeapFreeRatio 0
VM.set_flag MaxHeapFreeRatio 0
GC.run
GC.heap_info
Compiler.codecache
VM.metaspace vslist
VM.info
System.trim_native_heap' | sed '/^ *[a-z0-9_]* *[A-Za-z0-9]* *+\{0,1\}= /{ / \(MinHeapFreeRatio\|MaxHeapFreeRatio\|MaxHeapSize\|UseNUMA\) /!d; }
/^# JRE version/,/^END\.$/{ /^Card table byte_map: \|^ *\(Prev \|Next \|Begin \|End \)\{0,1\}Bits: /!d; }' >"$evidence/jvm-memory"
minimum='' maximum=''
while read -r _ name _ value _; do
    case $name in
    MinHeapFreeRatio) minimum=$value ;;
    MaxHeapFreeRatio) maximum=$value ;;
    # In bytes; the entry script compares it with the memory limit of its container.
    MaxHeapSize) echo "$value" >"$snapshot/max-heap" ;;
    esac
done <"$evidence/jvm-memory"
# The restored application has its own values again.
exec jcmd "$jvm" "${maximum:+VM.set_flag MaxHeapFreeRatio $maximum
}${minimum:+VM.set_flag MinHeapFreeRatio $minimum
}JDK.checkpoint"
