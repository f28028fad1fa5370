#!/bin/sh
# Triggers the checkpoint. The output of jcmd shows whether the JVM refused; its exit code does not.
evidence=/opt/crac-checkpoint/evidence
jvm=$(cat $evidence/jvm.pid)
# The names alone: values may be secret.
cut -z -d = -f 1 "/proc/$jvm/environ" >$evidence/environment-names
# The heap is made small first. A JVM does that at a checkpoint too, but gives the memory back a little later. The
# other commands, in the same start of jcmd, report the memory areas of the JVM.
jcmd "$jvm" 'GC.run
GC.heap_info
Compiler.codecache
VM.metaspace vslist' >$evidence/jvm-memory
exec jcmd "$jvm" JDK.checkpoint
