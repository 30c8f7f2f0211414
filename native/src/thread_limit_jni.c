/* SPDX-License-Identifier: Apache-2.0
 *
 * The JNI comparator of the benchmarks: calls a library's thread setter and getter through an address, as the foreign
 * function interface does. Java side: io.heddle.benchmarks.JniThreadLimit.
 */
#include <dlfcn.h>
#include <jni.h>
#include <stdint.h>

static void throw_link_error(JNIEnv *env, const char *message) {
    jclass type = (*env)->FindClass(env, "java/lang/UnsatisfiedLinkError");
    if (type != NULL) {
        (*env)->ThrowNew(env, type, message);
    }
}

/* static native long open(String path) */
JNIEXPORT jlong JNICALL Java_io_heddle_benchmarks_JniThreadLimit_open(JNIEnv *env, jclass self, jstring path) {
    (void)self;
    const char *file = (*env)->GetStringUTFChars(env, path, NULL);
    if (file == NULL) {
        return 0;
    }
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    (*env)->ReleaseStringUTFChars(env, path, file);
    if (library == NULL) {
        throw_link_error(env, dlerror());
    }
    return (jlong)(intptr_t)library;
}

/* static native long symbol(long library, String name) */
JNIEXPORT jlong JNICALL Java_io_heddle_benchmarks_JniThreadLimit_symbol(JNIEnv *env, jclass self, jlong library,
                                                                        jstring name) {
    (void)self;
    const char *symbol = (*env)->GetStringUTFChars(env, name, NULL);
    if (symbol == NULL) {
        return 0;
    }
    void *address = dlsym((void *)(intptr_t)library, symbol);
    (*env)->ReleaseStringUTFChars(env, name, symbol);
    if (address == NULL) {
        throw_link_error(env, dlerror());
    }
    return (jlong)(intptr_t)address;
}

/* static native int get(long getter) */
JNIEXPORT jint JNICALL Java_io_heddle_benchmarks_JniThreadLimit_get(JNIEnv *env, jclass self, jlong getter) {
    (void)env;
    (void)self;
    return ((int (*)(void))(intptr_t)getter)();
}

/* static native void set(long setter, int threads) */
JNIEXPORT void JNICALL Java_io_heddle_benchmarks_JniThreadLimit_set(JNIEnv *env, jclass self, jlong setter,
                                                                    jint threads) {
    (void)env;
    (void)self;
    ((void (*)(int))(intptr_t)setter)(threads);
}
