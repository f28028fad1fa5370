/* lib/criuengine: runs CRIU for the JVM.
     criuengine checkpoint DIR    started by the JVM that is to be dumped
     criuengine restore DIR       becomes `criu restore`
     criuengine restorewait       what `criu restore` becomes; stands for the restored JVM
   CRIU also calls it as its action script; after the resume it signals the JVM that it is restored. */
#define _GNU_SOURCE
#include "crac.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_ARGUMENTS 64

static char self[PATH_MAX];

static const char *find_criu(void) {
    static char bundled[PATH_MAX];
    const char *given = getenv("CRAC_CRIU_PATH");
    if (given) return given;
    snprintf(bundled, sizeof bundled, "%s/lib/criu", jdk_home());
    if (access(bundled, X_OK) == 0) return bundled;
    if (access("/usr/sbin/criu", X_OK) == 0) return "/usr/sbin/criu";
    fprintf(stderr, "cannot find CRIU to use\n");
    return NULL;
}

/* Appends the words of CRAC_CRIU_OPTS, and leaves free entries for later arguments. */
static int append_options(const char **arguments, int count) {
    const char *options = getenv("CRAC_CRIU_OPTS");
    if (!options) return count;
    char *save, *words = strdup(options);
    for (char *word = strtok_r(words, " ", &save); word && count < MOST_ARGUMENTS - 8; word = strtok_r(NULL, " ", &save))
        arguments[count++] = word;
    return count;
}

static void tell(pid_t jvm, int value) {
    if (sigqueue(jvm, RESTORE_SIGNAL, (union sigval){ .sival_int = value }) != 0) perror("sigqueue");
}

static int dump(pid_t jvm, const char *criu, const char *folder) {
    char pid[16];
    snprintf(pid, sizeof pid, "%d", jvm);
    const char *arguments[MOST_ARGUMENTS] = { criu, "dump", "-t", pid, "-D", folder, "-v4", "-o", "dump4.log", "--shell-job" };
    append_options(arguments, 10);
    pid_t child = fork();
    if (child == 0) {
        execv(criu, (char **)arguments);
        fprintf(stderr, "Cannot execute CRIU: %s\n", strerror(errno));
        _exit(1);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("CRIU");
        return -1;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    if (WIFEXITED(status)) fprintf(stderr, "CRIU failed with exit code %d - check %s/dump4.log\n", WEXITSTATUS(status), folder);
    else fprintf(stderr, "CRIU has not properly exited, waitpid status was %d - check %s/dump4.log\n", status, folder);
    return -1;
}

/* CRIU dumps the JVM with its children, so it must not run in one: the process that runs it lets its parent
   end, and begins when it belongs to another. */
static int checkpoint(const char *folder) {
    pid_t jvm = getppid(), parent = getpid();
    const char *criu = find_criu();
    pid_t child = fork();
    if (child != 0) return child < 0;
    while (getppid() == parent) usleep(1000);
    if (!criu || dump(jvm, criu, folder) != 0) tell(jvm, -1);
    return 0;
}

static int restore(const char *folder) {
    const char *criu = find_criu();
    if (!criu) return 1;
    const char *arguments[MOST_ARGUMENTS] = { criu, "restore", "-W", ".", "--shell-job", "--action-script", self, "-D", folder, "-v1" };
    int count = append_options(arguments, 10);
    arguments[count++] = "--exec-cmd";
    arguments[count++] = "--";
    arguments[count++] = self;
    arguments[count++] = "restorewait";
    execv(criu, (char **)arguments);
    fprintf(stderr, "Cannot execute CRIU: %s\n", strerror(errno));
    return 1;
}

static pid_t restored_jvm(void) {
    const char *pid = getenv("CRTOOLS_INIT_PID");
    if (!pid) {
        fprintf(stderr, "CRTOOLS_INIT_PID is not set\n");
        exit(1);
    }
    return atoi(pid);
}

int main(int count, char **arguments) {
    snprintf(self, sizeof self, "%s/lib/criuengine", jdk_home());
    const char *action = getenv("CRTOOLS_SCRIPT_ACTION");
    if (count == 3 && strcmp(arguments[1], "checkpoint") == 0) return checkpoint(arguments[2]);
    if (count == 3 && strcmp(arguments[1], "restore") == 0) return restore(arguments[2]);
    if (count == 2 && strcmp(arguments[1], "restorewait") == 0) follow(restored_jvm());
    if (count == 1 && action) {
        const char *id = getenv(NEW_ARGUMENTS_ID);
        if (strcmp(action, "post-resume") == 0) tell(restored_jvm(), id ? atoi(id) : 0);
        return 0;
    }
    fprintf(stderr, "usage: criuengine checkpoint|restore DIR\n");
    return 1;
}
