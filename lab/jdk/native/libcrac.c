/* lib/libcrac.so: the native half of jdk.crac.impl.Engine, and the agent that `jcmd PID JDK.checkpoint` loads. */
#define _GNU_SOURCE
#include "crac.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jni.h>
#include <jvmti.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* From jcmd: `options` is the path of the pipe that the reply goes to. */
JNIEXPORT jint JNICALL Agent_OnAttach(JavaVM *vm, char *options, void *reserved) {
    (void)reserved;
    JNIEnv *env;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_10) != JNI_OK) return JNI_ERR;
    jclass trigger = (*env)->FindClass(env, "jdk/crac/impl/Trigger");
    jmethodID request = trigger ? (*env)->GetStaticMethodID(env, trigger, "request", "(Ljava/lang/String;)V") : NULL;
    jstring reply = request ? (*env)->NewStringUTF(env, options) : NULL;
    if (reply) (*env)->CallStaticVoidMethod(env, trigger, request, reply);
    if ((*env)->ExceptionCheck(env)) {
        (*env)->ExceptionDescribe(env);
        return JNI_ERR;
    }
    return reply ? JNI_OK : JNI_ERR;
}

/* How many descriptors are ends of the JVM's attach socket. A listening one is shut down and closed: then
   HotSpot's listener thread ends, and the next attach starts a new one. */
static int close_attach_listener(void) {
    /* HotSpot binds the socket under the one name and renames it to the other. */
    char bound[64], path[64];
    snprintf(path, sizeof path, "/tmp/.java_pid%d", getpid());
    snprintf(bound, sizeof bound, "/tmp/.java_pid%d.tmp", getpid());
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return 0;
    int connections = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        int descriptor = atoi(entry->d_name);
        struct sockaddr_un address;
        socklen_t length = sizeof address;
        if (descriptor < 3 || getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) continue;
        if (address.sun_family != AF_UNIX || length <= sizeof(sa_family_t) || strcmp(address.sun_path, bound) != 0) continue;
        int listening = 0;
        socklen_t size = sizeof listening;
        getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
        if (listening) {
            shutdown(descriptor, SHUT_RDWR);
            close(descriptor);
            unlink(path);
        } else connections++;
    }
    closedir(folder);
    return connections;
}

JNIEXPORT void JNICALL Java_jdk_crac_impl_Engine_closeAttachSocket(JNIEnv *env, jclass type) {
    (void)env, (void)type;
    /* The connection of the jcmd command is closed by HotSpot a moment after Agent_OnAttach returns. */
    for (int tries = 0; close_attach_listener() > 0 && tries < 200; tries++) usleep(10000);
}

/* The JDK keeps one end of a socket pair whose other end is closed: it is put in the place of sockets that are
   being closed. CRIU can carry it. */
JNIEXPORT jboolean JNICALL Java_jdk_crac_impl_Engine_isCloseMarker(JNIEnv *env, jclass type, jint descriptor) {
    (void)env, (void)type;
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    char byte;
    return getsockname(descriptor, (struct sockaddr *)&address, &length) == 0 && address.sun_family == AF_UNIX &&
           length == sizeof(sa_family_t) && recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static jint JNICALL tag_object(jlong class_tag, jlong size, jlong *tag, jint length, void *data) {
    (void)class_tag, (void)size, (void)length, (void)data;
    *tag = 1;
    return JVMTI_VISIT_OBJECTS;
}

/* The instances of exactly this class, also ones that nothing refers to any more. */
JNIEXPORT jobjectArray JNICALL Java_jdk_crac_impl_Engine_instancesOf(JNIEnv *env, jclass type, jclass wanted) {
    (void)type;
    JavaVM *vm;
    jvmtiEnv *jvmti;
    jvmtiCapabilities capabilities = { .can_tag_objects = 1 };
    jvmtiHeapCallbacks callbacks = { .heap_iteration_callback = tag_object };
    jlong tag = 1;
    jint count = 0;
    jobject *found = NULL;
    if ((*env)->GetJavaVM(env, &vm) != JNI_OK || (*vm)->GetEnv(vm, (void **)&jvmti, JVMTI_VERSION_11) != JNI_OK) return NULL;
    if ((*jvmti)->AddCapabilities(jvmti, &capabilities) == JVMTI_ERROR_NONE &&
        (*jvmti)->IterateThroughHeap(jvmti, 0, wanted, &callbacks, NULL) == JVMTI_ERROR_NONE)
        (*jvmti)->GetObjectsWithTags(jvmti, 1, &tag, &count, &found, NULL);
    /* Not an array of the class: that would initialize it, and some classes open descriptors then. */
    jobjectArray result = (*env)->NewObjectArray(env, count, (*env)->FindClass(env, "java/lang/Object"), NULL);
    for (jint i = 0; result && i < count; i++) (*env)->SetObjectArrayElement(env, result, i, found[i]);
    if (found) (*jvmti)->Deallocate(jvmti, (unsigned char *)found);
    (*jvmti)->DisposeEnvironment(jvmti);
    return result;
}

/* JNI reads the private fields of the JDK that no module is opened for. */
static jfieldID field_of(JNIEnv *env, jobject object, jstring name, const char *signature) {
    const char *text = (*env)->GetStringUTFChars(env, name, NULL);
    jfieldID field = (*env)->GetFieldID(env, (*env)->GetObjectClass(env, object), text, signature);
    (*env)->ReleaseStringUTFChars(env, name, text);
    return field;
}

JNIEXPORT jint JNICALL Java_jdk_crac_impl_Engine_intField(JNIEnv *env, jclass type, jobject object, jstring name) {
    (void)type;
    jfieldID field = field_of(env, object, name, "I");
    return field ? (*env)->GetIntField(env, object, field) : -1;
}

JNIEXPORT void JNICALL Java_jdk_crac_impl_Engine_setIntField(JNIEnv *env, jclass type, jobject object, jstring name, jint value) {
    (void)type;
    jfieldID field = field_of(env, object, name, "I");
    if (field) (*env)->SetIntField(env, object, field, value);
}

JNIEXPORT jobject JNICALL Java_jdk_crac_impl_Engine_objectField(JNIEnv *env, jclass type, jobject object, jstring name, jstring signature) {
    (void)type;
    const char *text = (*env)->GetStringUTFChars(env, signature, NULL);
    jfieldID field = field_of(env, object, name, text);
    (*env)->ReleaseStringUTFChars(env, signature, text);
    return field ? (*env)->GetObjectField(env, object, field) : NULL;
}

JNIEXPORT void JNICALL Java_jdk_crac_impl_Engine_close(JNIEnv *env, jclass type, jobject object) {
    (void)type;
    jmethodID method = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, object), "close", "()V");
    if (method) (*env)->CallVoidMethod(env, object, method);
}

JNIEXPORT void JNICALL Java_jdk_crac_impl_Engine_closeDescriptor(JNIEnv *env, jclass type, jint descriptor) {
    (void)env, (void)type;
    close(descriptor);
}

/* Opens the file under the number that it had. False: it cannot be opened. */
JNIEXPORT jboolean JNICALL Java_jdk_crac_impl_Engine_reopen(JNIEnv *env, jclass type, jint descriptor, jstring path, jint flags, jlong position) {
    (void)type;
    const char *text = (*env)->GetStringUTFChars(env, path, NULL);
    int opened = open(text, (flags & ~(O_CREAT | O_EXCL | O_TRUNC)) | O_CLOEXEC);
    (*env)->ReleaseStringUTFChars(env, path, text);
    if (opened < 0) return JNI_FALSE;
    lseek(opened, position, SEEK_SET);
    if (opened != descriptor) {
        dup3(opened, descriptor, O_CLOEXEC);
        close(opened);
    }
    return JNI_TRUE;
}

/* Runs the engine and waits for what becomes of this process. -1: the dump failed; else it was restored, and
   this is the id of its new arguments. */
JNIEXPORT jint JNICALL Java_jdk_crac_impl_Engine_checkpoint(JNIEnv *env, jclass type, jstring engine, jstring folder) {
    (void)type;
    const char *program = (*env)->GetStringUTFChars(env, engine, NULL);
    const char *target = (*env)->GetStringUTFChars(env, folder, NULL);
    char *arguments[] = { (char *)program, "checkpoint", (char *)target, NULL };
    pid_t child;
    int status = 0, error = posix_spawn(&child, program, NULL, NULL, arguments, environ);
    if (error != 0) fprintf(stderr, "%s: %s\n", program, strerror(error));
    else while (waitpid(child, &status, 0) != child && errno == EINTR) {}
    (*env)->ReleaseStringUTFChars(env, engine, program);
    (*env)->ReleaseStringUTFChars(env, folder, target);
    if (error != 0 || status != 0) return -1;

    sigset_t mask;
    siginfo_t info;
    sigemptyset(&mask);
    sigaddset(&mask, RESTORE_SIGNAL);
    while (sigwaitinfo(&mask, &info) != RESTORE_SIGNAL) {}
    if (info.si_value.sival_int < 0) {
        printf("JVM: invalid info for restore provided: queued code %d\n", info.si_value.sival_int);
        fflush(stdout);
    }
    return info.si_value.sival_int;
}
