/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares heddle/libc.h with the system's headers while it compiles. Ours are renamed, so that both fit in one file.
 */
#define _GNU_SOURCE
#define Dl_info heddle_Dl_info
#define link_map heddle_link_map
#define dladdr heddle_dladdr
#define dlinfo heddle_dlinfo
#define dl_find_object heddle_dl_find_object
#define _dl_find_object heddle__dl_find_object
#define getpid heddle_getpid
#define process_vm_readv heddle_process_vm_readv
#define pthread_self heddle_pthread_self
#define pthread_getattr_np heddle_pthread_getattr_np
#define pthread_attr_getstack heddle_pthread_attr_getstack
#define pthread_attr_destroy heddle_pthread_attr_destroy
#include "heddle/libc.h"
#undef Dl_info
#undef link_map
#undef dladdr
#undef dlinfo
#undef dl_find_object
#undef _dl_find_object
#undef getpid
#undef process_vm_readv
#undef pthread_self
#undef pthread_getattr_np
#undef pthread_attr_getstack
#undef pthread_attr_destroy

enum { our_lazy = RTLD_LAZY, our_now = RTLD_NOW, our_noload = RTLD_NOLOAD };
enum { our_global = RTLD_GLOBAL, our_local = RTLD_LOCAL, our_linkmap = RTLD_DI_LINKMAP };
#undef RTLD_LAZY
#undef RTLD_NOW
#undef RTLD_NOLOAD
#undef RTLD_GLOBAL
#undef RTLD_LOCAL
#undef RTLD_DI_LINKMAP

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(our_lazy == RTLD_LAZY && our_now == RTLD_NOW && our_noload == RTLD_NOLOAD, "RTLD_* of dlopen");
_Static_assert(our_global == RTLD_GLOBAL && our_local == RTLD_LOCAL, "RTLD_GLOBAL, RTLD_LOCAL");
_Static_assert((int)our_linkmap == (int)RTLD_DI_LINKMAP, "RTLD_DI_LINKMAP");

#define SAME(ours, theirs, field)                                                                      \
    _Static_assert(offsetof(ours, field) == offsetof(theirs, field), #field " lies elsewhere");         \
    _Static_assert(sizeof(((ours *)0)->field) == sizeof(((theirs *)0)->field), #field " has another size")

SAME(heddle_Dl_info, Dl_info, dli_fname);
SAME(heddle_Dl_info, Dl_info, dli_fbase);
SAME(heddle_Dl_info, Dl_info, dli_sname);
SAME(heddle_Dl_info, Dl_info, dli_saddr);
_Static_assert(sizeof(heddle_Dl_info) == sizeof(Dl_info), "dladdr writes a whole Dl_info");

SAME(struct heddle_link_map, struct link_map, l_name);
SAME(struct heddle_link_map, struct link_map, l_next);
SAME(struct heddle_link_map, struct link_map, l_prev);
SAME(struct heddle_link_map, struct link_map, l_addr);
SAME(struct heddle_link_map, struct link_map, l_ld);

#ifdef DLFO_STRUCT_HAS_EH_DBASE
SAME(struct heddle_dl_find_object, struct dl_find_object, dlfo_map_start);
SAME(struct heddle_dl_find_object, struct dl_find_object, dlfo_map_end);
SAME(struct heddle_dl_find_object, struct dl_find_object, dlfo_link_map);
_Static_assert(sizeof(struct dl_find_object) <= sizeof(struct heddle_dl_find_object), "it writes a whole dl_find_object");
#endif

SAME(heddle_iovec, struct iovec, iov_base);
SAME(heddle_iovec, struct iovec, iov_len);
_Static_assert(sizeof(pid_t) == sizeof(int), "pid_t");
_Static_assert(sizeof(pthread_t) == sizeof(unsigned long), "pthread_t");
_Static_assert(sizeof(pthread_attr_t) <= sizeof(heddle_pthread_attr), "pthread_getattr_np writes a whole pthread_attr_t");
