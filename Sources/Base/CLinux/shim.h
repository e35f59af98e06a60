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

// Whether a file has an access list of POSIX.1e (acl(5)): its mode bits alone do not say then who may use it. Links are followed.
static inline int remora_has_access_list(const char *path) {
  return syscall(SYS_getxattr, path, "system.posix_acl_access", (void *)0, 0ul) > 0;
}

// What statx(2) returns for a file. `birth_seconds` and `birth_nanoseconds` are when its inode was made, where `has_birth` is not 0.
struct remora_status {
  unsigned long long device, inode, size;
  long long modified_seconds, changed_seconds, birth_seconds;
  unsigned int modified_nanoseconds, changed_nanoseconds, birth_nanoseconds;
  unsigned int mode, links, owner, has_birth;
};

// statx(2): all that stat(2) returns and the birth of the inode, in one call. Returns 0, or -1 with errno set. Links are not followed.
static inline int remora_status(const char *path, struct remora_status *status) {
  const int at_fdcwd = -100;              // linux/fcntl.h, AT_FDCWD
  const int at_symlink_nofollow = 0x100;  // linux/fcntl.h, AT_SYMLINK_NOFOLLOW
  const unsigned int basic = 0x7ffu;      // linux/stat.h, STATX_BASIC_STATS
  const unsigned int birth = 0x800u;      // linux/stat.h, STATX_BTIME
  // struct statx of linux/stat.h, 256 bytes, as far as it is needed here.
  struct moment {
    long long seconds;
    unsigned int nanoseconds;
    int unused;
  };
  struct {
    unsigned int mask, block_size;
    unsigned long long attributes;
    unsigned int links, owner, group;
    unsigned short mode, unused;
    unsigned long long inode, size, blocks, known_attributes;
    struct moment accessed, born, changed, modified;
    unsigned int own_major, own_minor, major, minor;
    unsigned char rest[112];
  } answer;
  if (syscall(SYS_statx, at_fdcwd, path, at_symlink_nofollow, basic | birth, &answer) != 0) return -1;
  const unsigned long long major = answer.major, minor = answer.minor;
  // makedev(3): the number that stat(2) has.
  status->device = (major & 0xfff) << 8 | (major & ~0xfffull) << 32 | (minor & 0xff) | (minor & ~0xffull) << 12;
  status->inode = answer.inode;
  status->size = answer.size;
  status->modified_seconds = answer.modified.seconds;
  status->modified_nanoseconds = answer.modified.nanoseconds;
  status->changed_seconds = answer.changed.seconds;
  status->changed_nanoseconds = answer.changed.nanoseconds;
  status->birth_seconds = answer.born.seconds;
  status->birth_nanoseconds = answer.born.nanoseconds;
  status->mode = answer.mode;
  status->links = answer.links;
  status->owner = answer.owner;
  status->has_birth = (answer.mask & birth) != 0;
  return 0;
}

#endif
