/* What the launcher, the engine and the JVM's library share. */
#ifndef CRAC_H
#define CRAC_H

#include <signal.h>
#include <sys/types.h>

/* Signals the JVM that it was restored (value: id of its new arguments) or that the dump failed (value: -1).
   The launcher blocks it for the whole JVM, so that it reaches only the thread that waits for it. */
#define RESTORE_SIGNAL (SIGRTMIN + 2)

/* Environment variable from the restoring launcher to the engine: id of the new arguments. */
#define NEW_ARGUMENTS_ID "CRAC_NEW_ARGS_ID"

/* File of the new arguments: `D`, `E` or `A` and a NUL-terminated string, for each property, environment
   variable and argument. */
#define NEW_ARGUMENTS_FILE "/dev/shm/crac-arguments-%d"

/* Hands all signals that can be handed on to the child, and ends as the child ends. */
_Noreturn void follow(pid_t child);

/* The folder above that of the running program: the JDK. */
const char *jdk_home(void);

#endif
