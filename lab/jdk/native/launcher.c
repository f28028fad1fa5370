/* bin/java: takes the CRaC options out of its arguments and starts HotSpot's launcher with the rest, or
   restores. Like the real launcher it does not read JAVA_TOOL_OPTIONS at a restore, but JDK_JAVA_OPTIONS. */
#define _GNU_SOURCE
#include "crac.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_MIN_PID 128
#define HIGHEST_MIN_PID 4000000

extern char **environ;

static struct {
    const char *checkpoint_to;
    const char *restore_from;
    const char *cpu_features;
    const char *ignored_descriptors;
    long min_pid;
    bool ignore_unavailable;
    bool print_flags;
    bool collect_stacktraces;
} options;

static const char *const VALUE_OPTIONS[] = {
    "-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules",
    "--limit-modules", "--add-exports", "--add-opens", "--add-reads", "--patch-module",
    "--enable-native-access", "-d", "--describe-module", "--source", NULL
};

static _Noreturn void refuse(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\nError: Could not create the Java Virtual Machine.\n"
          "Error: A fatal exception has occurred. Program will exit.\n", stderr);
    exit(1);
}

static const char *after(const char *argument, const char *prefix) {
    size_t length = strlen(prefix);
    return strncmp(argument, prefix, length) == 0 ? argument + length : NULL;
}

static bool takes_value(const char *argument) {
    for (const char *const *option = VALUE_OPTIONS; *option; option++)
        if (strcmp(argument, *option) == 0) return true;
    return false;
}

static bool is_hexadecimal_pair(const char *text) {
    int end = 0;
    unsigned long long first, second;
    return sscanf(text, "0x%llx,0x%llx%n", &first, &second, &end) == 2 && text[end] == '\0';
}

/* True when the argument was one of CRaC's options. */
static bool take_option(const char *argument) {
    const char *value;
    if ((value = after(argument, "-XX:CRaCCheckpointTo="))) options.checkpoint_to = value;
    else if ((value = after(argument, "-XX:CRaCRestoreFrom="))) options.restore_from = value;
    else if ((value = after(argument, "-XX:CRaCIgnoredFileDescriptors="))) options.ignored_descriptors = value;
    else if (strcmp(argument, "-XX:+CRaCIgnoreRestoreIfUnavailable") == 0) options.ignore_unavailable = true;
    else if (strcmp(argument, "-XX:-CRaCIgnoreRestoreIfUnavailable") == 0) options.ignore_unavailable = false;
    else if ((value = after(argument, "-XX:CREngine="))) {
        if (strcmp(value, "criuengine") != 0) refuse("Cannot find CRaC engine %s", value);
    } else if ((value = after(argument, "-XX:CPUFeatures="))) {
        if (strcmp(value, "native") && strcmp(value, "generic") && strcmp(value, "ignore") && !is_hexadecimal_pair(value))
            refuse("VM option 'CPUFeatures=%s' must be of the form: 0xnum,0xnum", value);
        options.cpu_features = value;
    } else if ((value = after(argument, "-XX:CRaCMinPid="))) {
        char *end;
        options.min_pid = strtol(value, &end, 10);
        if (*value == '\0' || *end != '\0' || options.min_pid < 1 || options.min_pid > HIGHEST_MIN_PID)
            refuse("Improperly specified VM option 'CRaCMinPid=%s'", value);
    } else return false;
    return true;
}

static void print_flag(const char *type, const char *name, const char *value, const char *settable) {
    bool given = value != NULL;
    printf("%9s %-40s = %-40s %30s {%s}\n", type, name, given ? value : "", settable, given ? "command line" : "default");
}

static void print_flags(void) {
    char min_pid[16];
    snprintf(min_pid, sizeof min_pid, "%d", DEFAULT_MIN_PID);
    print_flag("ccstr", "CPUFeatures", options.cpu_features, "{product}");
    print_flag("ccstr", "CRaCCheckpointTo", options.checkpoint_to, "{product restore-settable}");
    print_flag("bool", "CRaCIgnoreRestoreIfUnavailable", options.ignore_unavailable ? "true" : "false", "{product restore-settable}");
    print_flag("ccstr", "CRaCIgnoredFileDescriptors", options.ignored_descriptors, "{product restore-settable}");
    print_flag("int", "CRaCMinPid", min_pid, "{product}");
    print_flag("ccstr", "CRaCRestoreFrom", options.restore_from, "{product restore-settable}");
    print_flag("ccstr", "CREngine", "criuengine", "{product restore-settable}");
    fflush(stdout);
}

/* Writes the new properties, environment and arguments where the restored JVM reads them. */
static void hand_over(char **properties, int count, char **arguments) {
    char file[64], id[16];
    snprintf(file, sizeof file, NEW_ARGUMENTS_FILE, getpid());
    int descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *out = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!out) {
        perror(file);
        exit(1);
    }
    for (int i = 0; i < count; i++) fprintf(out, "D%s%c", properties[i], 0);
    for (char **variable = environ; *variable; variable++) fprintf(out, "E%s%c", *variable, 0);
    for (; *arguments; arguments++) fprintf(out, "A%s%c", *arguments, 0);
    if (fclose(out) != 0) {
        perror(file);
        exit(1);
    }
    snprintf(id, sizeof id, "%d", getpid());
    setenv(NEW_ARGUMENTS_ID, id, 1);
}

static void restore(char **properties, int count, char **arguments) {
    if (access(options.restore_from, R_OK | X_OK) != 0) {
        if (options.ignore_unavailable) return;
        fprintf(stderr, "[error][crac] Cannot open CRaCRestoreFrom=%s: %s\n", options.restore_from, strerror(errno));
        exit(1);
    }
    hand_over(properties, count, arguments);
    char engine[PATH_MAX];
    snprintf(engine, sizeof engine, "%s/lib/criuengine", jdk_home());
    execl(engine, engine, "restore", options.restore_from, (char *)NULL);
    perror(engine);
    exit(1);
}

static void prepare_checkpoint_folder(void) {
    struct stat entry;
    if (mkdir(options.checkpoint_to, 0700) == 0 || errno == EEXIST) {
        if (stat(options.checkpoint_to, &entry) == 0 && S_ISDIR(entry.st_mode)) return;
        errno = ENOTDIR;
    }
    fprintf(stderr, "OpenJDK 64-Bit Server VM warning: cannot create %s: %s\n", options.checkpoint_to, strerror(errno));
    exit(1);
}

static bool is_ignored(int descriptor) {
    char number[16];
    snprintf(number, sizeof number, "%d", descriptor);
    char *list = strdup(options.ignored_descriptors ? options.ignored_descriptors : "");
    bool found = false;
    for (char *save, *entry = strtok_r(list, ",", &save); entry; entry = strtok_r(NULL, ",", &save))
        found = found || strcmp(entry, number) == 0;
    free(list);
    return found;
}

/* A descriptor that was inherited would be an open file at the checkpoint. */
static void close_inherited(void) {
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return;
    int own = dirfd(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        int descriptor = atoi(entry->d_name);
        if (descriptor > 2 && descriptor != own && !is_ignored(descriptor)) close(descriptor);
    }
    closedir(folder);
}

/* Ids below the minimum are taken in the container where the restore happens. */
static void raise_pid(void) {
    if (options.min_pid == 0 && getpid() != 1) return;
    long minimum = options.min_pid ? options.min_pid : DEFAULT_MIN_PID;
    for (;;) {
        pid_t child = fork();
        if (child < 0) refuse("Error: Can't adjust PID to min PID %ld, current PID %d", minimum, getpid());
        if (child == 0) {
            if (getpid() >= minimum) return;
            _exit(0);
        }
        if (child >= minimum) follow(child);
        waitpid(child, NULL, 0);
    }
}

/* A CRaC JDK for x86-64 restricts glibc to the features that CPUFeatures leaves: it sets these variables, which
   the application sees and hands on, and executes itself again. */
static void restrict_glibc(void) {
#ifdef __x86_64__
    static const char hwcaps[] = ":glibc.cpu.hwcaps=,-AVX,-FMA,-AVX2,-BMI1,-BMI2,-ERMS,-LZCNT,-SSSE3,-POPCNT,-SSE4_1,-SSE4_2,"
                                 "-AVX512F,-AVX512CD,-AVX512BW,-AVX512DQ,-AVX512VL,-MOVBE";
    if (!options.cpu_features || strcmp(options.cpu_features, "generic") != 0) return;
    const char *given = getenv("GLIBC_TUNABLES");
    char tunables[4096];
    snprintf(tunables, sizeof tunables, "%s%s", given ? given : "", hwcaps);
    if (!given || !strstr(given, "glibc.cpu.hwcaps=")) setenv("GLIBC_TUNABLES", tunables, 1);
    setenv("HOTSPOT_GLIBC_TUNABLES_REEXEC", "1", 1);
#endif
}

/* Moves the first entries to the end. */
static void rotate(char **entries, int count, int first) {
    char *moved[first + 1];
    memcpy(moved, entries, (size_t)first * sizeof *entries);
    memmove(entries, entries + first, (size_t)(count - first) * sizeof *entries);
    memcpy(entries + count - first, moved, (size_t)first * sizeof *entries);
}

int main(int count, char **arguments) {
    /* Space for every argument, and for the arguments that are added below. */
    char **passed = calloc((size_t)count + 20, sizeof *passed);
    const char *given = getenv("JDK_JAVA_OPTIONS");
    char *words = strdup(given ? given : "");
    char **properties = calloc((size_t)count + strlen(words), sizeof *properties);
    if (!passed || !properties) abort();
    int own = 0, rest = 1, property_count = 0;
    const char *not_settable = NULL;
    char **java = passed + 12; /* the ones before are filled in last */

    for (; rest < count; rest++) {
        char *argument = arguments[rest];
        if (argument[0] != '-' || strcmp(argument, "-jar") == 0 || strcmp(argument, "-m") == 0 ||
            strcmp(argument, "--module") == 0)
            break;
        if (take_option(argument)) continue;
        if (after(argument, "-D")) properties[property_count++] = argument;
        if (after(argument, "-XX:") && !after(argument, "-XX:+Unlock")) not_settable = argument;
        if (strcmp(argument, "-Djdk.crac.collect-fd-stacktraces=true") == 0) options.collect_stacktraces = true;
        if (strcmp(argument, "-XX:+PrintFlagsFinal") == 0) options.print_flags = true;
        java[own++] = argument;
        if (takes_value(argument) && rest + 1 < count) java[own++] = arguments[++rest];
    }
    for (int i = rest; i < count; i++) java[own++] = arguments[i];

    if (options.restore_from) {
        /* Of a normal start HotSpot's launcher reads the variable. */
        int from_arguments = property_count;
        for (char *save, *word = strtok_r(words, " \t\n", &save); word; word = strtok_r(NULL, " \t\n", &save)) {
            if (after(word, "-D")) properties[property_count++] = word;
            if (after(word, "-XX:") && !after(word, "-XX:+Unlock")) not_settable = word;
        }
        /* Its properties come before those of the arguments, which win. */
        rotate(properties, property_count, from_arguments);
        if (not_settable)
            refuse("Flag %.*s cannot be set during restore: %s",
                   (int)strcspn(not_settable + 4 + strspn(not_settable + 4, "+-"), "="),
                   not_settable + 4 + strspn(not_settable + 4, "+-"), not_settable);
        restore(properties, property_count, arguments + rest);
    }
    if (options.print_flags) print_flags();

    static char hotspot[PATH_MAX], boot[PATH_MAX], agent[PATH_MAX], to[PATH_MAX], ignored[PATH_MAX];
    const char *home = jdk_home();
    snprintf(hotspot, sizeof hotspot, "%s/bin/java-hotspot", home);
    snprintf(boot, sizeof boot, "-Xbootclasspath/a:%s/lib/crac.jar", home);
    char **first = java;
    *--first = "--add-opens=java.base/java.lang=ALL-UNNAMED"; /* to renew the environment after a restore */
    *--first = "-XX:+EnableDynamicAgentLoading";             /* jcmd JDK.checkpoint loads libcrac */
    *--first = boot;
    if (options.collect_stacktraces) {
        snprintf(agent, sizeof agent, "-javaagent:%s/lib/crac.jar", home);
        *--first = agent;
        *--first = "--add-exports=java.base/jdk.internal.org.objectweb.asm=ALL-UNNAMED";
        *--first = "--add-opens=java.base/java.io=ALL-UNNAMED";
    }
    if (options.checkpoint_to) {
        prepare_checkpoint_folder();
        close_inherited();
        snprintf(to, sizeof to, "-Djdk.crac.lab.checkpoint-to=%s", options.checkpoint_to);
        *--first = to;
        if (options.ignored_descriptors) {
            snprintf(ignored, sizeof ignored, "-Djdk.crac.lab.ignored-descriptors=%s", options.ignored_descriptors);
            *--first = ignored;
        }
        *--first = "-XX:-UsePerfData"; /* its file is mapped, and would have to be there at the restore */
        raise_pid();
        sigset_t mask;
        sigemptyset(&mask);
        sigaddset(&mask, RESTORE_SIGNAL);
        sigprocmask(SIG_BLOCK, &mask, NULL);
    }
    restrict_glibc();
    *--first = arguments[0];
    execv(hotspot, first);
    perror(hotspot);
    return 1;
}
