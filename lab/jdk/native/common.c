#define _GNU_SOURCE
#include "crac.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t followed;

static void hand_on(int signal) {
    kill(followed, signal);
}

_Noreturn void follow(pid_t child) {
    followed = child;
    for (int signal = 1; signal < _NSIG; signal++) {
        if (signal == SIGKILL || signal == SIGSTOP || signal == SIGCHLD || signal == SIGTTIN || signal == SIGTTOU) continue;
        struct sigaction action = { .sa_handler = hand_on };
        sigaction(signal, &action, NULL);
    }
    /* CRIU blocks every signal before it becomes another program. */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int status;
    while (waitpid(child, &status, 0) != child) {
        if (errno != EINTR) {
            perror("waitpid");
            exit(1);
        }
    }
    if (WIFSIGNALED(status)) {
        struct sigaction action = { .sa_handler = SIG_DFL };
        sigaction(WTERMSIG(status), &action, NULL);
        raise(WTERMSIG(status));
        /* PID 1 of a container survives the signals that it sends itself. */
        exit(128 + WTERMSIG(status));
    }
    exit(WEXITSTATUS(status));
}

const char *jdk_home(void) {
    static char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) {
        perror("/proc/self/exe");
        exit(1);
    }
    self[length] = '\0';
    return dirname(dirname(self));
}
