#!/bin/sh
# Triggers the checkpoint in the JVM. The output of jcmd shows whether the JVM refused; its exit code does not.
evidence=/opt/crac-checkpoint/evidence
jvm=$(cat $evidence/jvm.pid)
# Only the names, because values may be secret.
cut -z -d = -f 1 "/proc/$jvm/environ" >$evidence/environment-names
# GC.run makes the heap small. A JVM also does that at a checkpoint, but releases the memory later. The other commands, in
# the same run of jcmd, print the memory areas of the JVM.
jcmd "$jvm" 'GC.run
GC.heap_info
Compiler.codecache
VM.metaspace vslist' >$evidence/jvm-memory
exec jcmd "$jvm" JDK.checkpoint
