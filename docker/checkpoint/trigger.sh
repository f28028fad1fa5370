#!/bin/sh
# Asks the JVM for its checkpoint. What jcmd prints tells whether the JVM refused; its exit code does not.
jvm=$(cat /opt/crac-checkpoint/evidence/jvm.pid)
# The heap is made small first. A JVM does that at a checkpoint too, but gives the memory back a little later.
jcmd "$jvm" GC.run >/dev/null
exec jcmd "$jvm" JDK.checkpoint
