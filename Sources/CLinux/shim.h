#ifndef REMORA_CLINUX_SHIM_H
#define REMORA_CLINUX_SHIM_H

// Macros alone: a header that declares types of the C library would make Swift take this module for their home.
#include <sys/syscall.h>

long syscall(long number, ...);

// renameat2(2) with RENAME_EXCHANGE: two names change places in one step. The C library declares it only under
// _GNU_SOURCE, which Swift's import of Glibc does not set, and syscall(2) is variadic, which Swift cannot call.
static inline int remora_exchange(const char *first, const char *second) {
  const int at_fdcwd = -100;                     // linux/fcntl.h, AT_FDCWD
  const unsigned int rename_exchange = 1u << 1;  // linux/fs.h, RENAME_EXCHANGE
  return (int)syscall(SYS_renameat2, at_fdcwd, first, at_fdcwd, second, rename_exchange);
}

#endif
