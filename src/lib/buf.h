/*
 * buf: the one growing buffer, born with its maximum. Always NUL-terminated once it holds something, so
 * buf_text() can be printed. Going past the maximum sets `overflow` and appends nothing more: check it once
 * at the end with buf_ok() rather than after each call.
 *
 *	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_HTTP_BODY);
 *	buf_printf(&out, "%d rows", n);
 *	if (!buf_ok(&out)) ...
 */
#ifndef SUTURE_LIB_BUF_H
#define SUTURE_LIB_BUF_H

#include "lib/str.h"

struct buf {
	char *at;
	size_t len;
	size_t cap;
	size_t max;
	bool overflow;
};

#define BUF_INIT(maximum)        \
	{                        \
		.max = (maximum) \
	}

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b); /* frees; the buffer can be used again */
void buf_scoped_release(struct buf *b);
void buf_clear(struct buf *b); /* empties, keeps the memory */
void buf_add(struct buf *b, struct str s);
void buf_add_bytes(struct buf *b, const void *bytes, size_t len);
void buf_add_c(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) PRINTF(2, 3);
/* Room for `len` more bytes at the returned place, or NULL past the maximum; buf_grew() says how many were used. */
char *buf_room(struct buf *b, size_t len);
void buf_grew(struct buf *b, size_t len);
bool buf_ok(const struct buf *b);
struct str buf_str(const struct buf *b);   /* lives until the next change of b */
const char *buf_text(const struct buf *b); /* "" when empty */

#endif
