#ifndef REMORA_CLIBSSH2_SHIM_H
#define REMORA_CLIBSSH2_SHIM_H

#include <libssh2.h>

/* libssh2_session_callback_set takes every kind of function as a void pointer, which Swift cannot make of one. */

typedef ssize_t (*remora_ssh_receive)(libssh2_socket_t socket, void *buffer, size_t length, int flags, void **abstract);
typedef ssize_t (*remora_ssh_send)(libssh2_socket_t socket, const void *buffer, size_t length, int flags, void **abstract);

/* Lets the session read and write by functions of ours. */
static inline void remora_ssh_set_io(LIBSSH2_SESSION *session, remora_ssh_receive receive, remora_ssh_send send) {
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)receive);
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)send);
}

#endif
