/* SPDX-License-Identifier: Apache-2.0
 *
 * Prototypes and structs of the C library functions that Heddle calls: the dynamic linker's view of what is loaded, a
 * read of memory that may be gone, the calling thread's stack, and the process's real environment.
 *
 * The RTLD_* values are those of Linux. They differ elsewhere: on macOS RTLD_LOCAL is 4, RTLD_GLOBAL 8, RTLD_NOLOAD 16.
 * native/test/libc_layout.c compares this file with the system's own headers.
 *
 * Source of the signatures: POSIX.1-2024 (dlopen, dlclose, dlsym, dlerror, dladdr, getenv, getpid, pthread_self,
 * pthread_attr_getstack, pthread_attr_destroy); _dl_find_object of the GNU C
 * Library manual, "Dynamic Linker Introspection"; dlinfo(3), process_vm_readv(2), pthread_getattr_np(3) of the Linux
 * man-pages. pid_t is int, pthread_t an unsigned long on Linux.
 */
#ifndef HEDDLE_LIBC_H
#define HEDDLE_LIBC_H

#include <stddef.h>
#include <stdint.h>

#define RTLD_LAZY 1
#define RTLD_NOW 2
#define RTLD_NOLOAD 4
#define RTLD_GLOBAL 256
#define RTLD_LOCAL 0
#define RTLD_DI_LINKMAP 2

typedef struct Dl_info {
    const char *dli_fname; /* the file that holds the address, as it was opened */
    void *dli_fbase;
    const char *dli_sname; /* the nearest symbol, or null */
    void *dli_saddr;
} Dl_info;

/* The public head of the linker's record of a loaded file; the records form a list in load order. */
struct link_map {
    uintptr_t l_addr;
    char *l_name;
    void *l_ld;
    struct link_map *l_next;
    struct link_map *l_prev;
};

void *dlopen(const char *path, int mode);
int dlclose(void *handle);
void *dlsym(void *handle, const char *name);
/* Null when the calling thread's last call went well. Binding this function is such a call: bind it first. */
char *dlerror(void);
/* Returns 0 when no loaded file holds the address. */
int dladdr(const void *address, Dl_info *info);
/* With RTLD_DI_LINKMAP writes a struct link_map * to info. */
int dlinfo(void *handle, int request, void *info);
/* Of glibc since 2.35: the loaded file that holds an address, without a look at its symbols. Returns 0 if there is one. */
typedef struct dl_find_object {
    unsigned long long dlfo_flags;
    void *dlfo_map_start;
    void *dlfo_map_end;
    struct link_map *dlfo_link_map;
    void *dlfo_eh_frame;
    unsigned long long heddle_reserved[11]; /* glibc has 7 */
} dl_find_object;
int _dl_find_object(void *address, dl_find_object *result);
char *getenv(const char *name);

typedef struct heddle_iovec {
    void *iov_base;
    size_t iov_len;
} heddle_iovec;

int getpid(void);
/* Returns the bytes read, less than asked where the memory ends, -1 where there is none. */
long process_vm_readv(int pid, const heddle_iovec *local, unsigned long local_count, const heddle_iovec *remote,
                      unsigned long remote_count, unsigned long flags);

/* Opaque; 56 bytes with glibc on 64-bit machines. */
typedef struct heddle_pthread_attr {
    uint64_t opaque[16];
} heddle_pthread_attr;

unsigned long pthread_self(void);
/* Each returns 0 on success. */
int pthread_getattr_np(unsigned long thread, heddle_pthread_attr *attributes);
int pthread_attr_getstack(const heddle_pthread_attr *attributes, void **lowest, size_t *bytes);
int pthread_attr_destroy(heddle_pthread_attr *attributes);

#endif
