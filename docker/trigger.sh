#!/bin/sh
# Asks the JVM for its checkpoint. What jcmd prints tells whether the JVM refused; its exit code does not.
exec jcmd "$(cat /opt/crac-checkpoint/evidence/jvm.pid)" JDK.checkpoint
