/* SPDX-License-Identifier: Apache-2.0
 *
 * The other side of a connection in these tests: bytes in, bytes out, with a time limit on everything.
 */
#ifndef GLEANER_TESTS_HTTP_PEER_H
#define GLEANER_TESTS_HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

int peer_listen(const char *address, uint16_t *port); /* a listening TCP socket on a free port */
int peer_accept(int listener);
int peer_connect(uint16_t port);
void peer_send(int fd, const char *text);
void peer_send_bytes(int fd, const void *bytes, size_t n);
/* Reads until the text occurs, the other side closes, or five seconds pass. False unless it occurred. */
bool peer_read_until(int fd, struct buf *in, const char *text);
/* Reads one reply with its Content-Length body (none for `head`) and leaves what follows in `in`. */
bool peer_read_reply(int fd, struct buf *in, struct buf *reply, bool head);
bool peer_closed(int fd, struct buf *in); /* reads to the end */
void peer_close(int fd);
void peer_reset(int fd); /* closes with a RST */

#endif
