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

// statx(2) for the one thing that stat(2) does not tell: when an inode was made. Returns 0 and fills `inode`, `seconds` and
// `nanoseconds`; 1 where the file system does not know; -1 with errno set. Links are not followed.
static inline int remora_birth(
    const char *path, unsigned long long *inode, long long *seconds, unsigned int *nanoseconds) {
  const int at_fdcwd = -100;                       // linux/fcntl.h, AT_FDCWD
  const int at_symlink_nofollow = 0x100;           // linux/fcntl.h, AT_SYMLINK_NOFOLLOW
  const unsigned int statx_ino = 0x100u;           // linux/stat.h, STATX_INO
  const unsigned int statx_btime = 0x800u;         // linux/stat.h, STATX_BTIME
  // struct statx of linux/stat.h, 256 bytes, as far as it is needed here.
  struct {
    unsigned int mask;
    unsigned char before_inode[28];
    unsigned long long inode;
    unsigned char before_birth[40];
    long long birth_seconds;
    unsigned int birth_nanoseconds;
    unsigned char rest[164];
  } answer;
  if (syscall(SYS_statx, at_fdcwd, path, at_symlink_nofollow, statx_ino | statx_btime, &answer) != 0) return -1;
  if ((answer.mask & (statx_ino | statx_btime)) != (statx_ino | statx_btime)) return 1;
  *inode = answer.inode;
  *seconds = answer.birth_seconds;
  *nanoseconds = answer.birth_nanoseconds;
  return 0;
}

#endif
