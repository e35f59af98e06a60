#ifndef REMORA_CLIBGIT2_SHIM_H
#define REMORA_CLIBGIT2_SHIM_H

#include <git2.h>
/* The sockets that libgit2 offers to those who extend it are not in git2.h. */
#include <git2/sys/commit_graph.h>
#include <git2/sys/midx.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <git2/sys/transport.h>
/* For reading loose objects in libgit2's place: see LooseObject. Debian's libgit2-dev brings it along. */
#include <zlib.h>

/* git_libgit2_opts is variadic, which Swift cannot call: one wrapper for each shape of arguments. */

static inline int remora_set_int(int option, int value) { return git_libgit2_opts(option, value); }

static inline int remora_set_size(int option, size_t value) { return git_libgit2_opts(option, value); }

static inline int remora_get_size(int option, size_t *value) { return git_libgit2_opts(option, value); }

static inline int remora_set_search_path(int level, const char *path) {
	return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

/* The numbers of two options that only newer headers name; an older library answers them with an error. */
enum { REMORA_OPT_GET_PACK_MAX_OBJECT_SIZE = 37, REMORA_OPT_SET_PACK_MAX_OBJECT_SIZE = 38 };

/* A transport of ours: libgit2 sees its own struct at the start, our callbacks find their state behind it. */
typedef struct remora_transport {
	git_transport base;
	void *context;
} remora_transport;

/* An object backend of ours, likewise. */
typedef struct remora_odb_backend {
	git_odb_backend base;
	void *context;
} remora_odb_backend;

/* A macro in zlib.h. */
static inline int remora_inflate_init(z_stream *stream) { return inflateInit(stream); }

/* Likewise, for a stream in the gzip format (RFC 1952): zlib.h, inflateInit2, window of 15 bits plus 16. */
static inline int remora_gunzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

/* What a transport's `capabilities` must answer so that libgit2 lets single objects be asked for. libgit2 keeps these
 * bits in a private header (remote.h: GIT_REMOTE_CAPABILITY_TIP_OID and _REACHABLE_OID). */
enum { REMORA_CAPABILITY_TIP_OID = 1 << 0, REMORA_CAPABILITY_REACHABLE_OID = 1 << 1 };

#endif
