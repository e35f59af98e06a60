// Tells the thread sanitizer what it cannot see of Swift's Mutex: a lock that somebody else holds is taken and given back inside
// libswiftSynchronization, which is not instrumented, and every value behind such a Mutex would be called a race. The way without
// waiting is inlined into our code and is seen. Loaded before that library (LD_PRELOAD) by run, which stands beside this file.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

typedef __attribute__((swiftcall)) void LockSlow(uint32_t thread, __attribute__((swift_context)) void *handle);
typedef __attribute__((swiftcall)) void UnlockSlow(__attribute__((swift_context)) void *handle);

static void tell(const char *what, void *handle) {
  void (*function)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, what);
  if (function) function(handle);
}

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Synchronization._MutexHandle._lockSlow(UInt32)
__attribute__((swiftcall)) void remora_lock_slow(uint32_t thread, __attribute__((swift_context)) void *handle) __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void remora_lock_slow(uint32_t thread, __attribute__((swift_context)) void *handle) {
  ((LockSlow *)dlsym(RTLD_NEXT, LOCK_SLOW))(thread, handle);
  tell("__tsan_acquire", handle);
}

// Synchronization._MutexHandle._unlockSlow()
__attribute__((swiftcall)) void remora_unlock_slow(__attribute__((swift_context)) void *handle) __asm__(UNLOCK_SLOW);
__attribute__((swiftcall)) void remora_unlock_slow(__attribute__((swift_context)) void *handle) {
  tell("__tsan_release", handle);
  ((UnlockSlow *)dlsym(RTLD_NEXT, UNLOCK_SLOW))(handle);
}
