#include "lib/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf)BUF_INIT(max);
}

void buf_release(struct buf *b)
{
	free(b->at);
	*b = (struct buf)BUF_INIT(b->max);
}

void buf_scoped_release(struct buf *b)
{
	buf_release(b);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
	if (b->at)
		b->at[0] = '\0';
}

char *buf_room(struct buf *b, size_t len)
{
	size_t wanted = size_add(b->len, len);
	size_t cap;

	if (b->overflow || wanted > b->max) {
		b->overflow = true;
		return NULL;
	}
	if (wanted + 1 > b->cap) {
		cap = MAX_OF(wanted + 1, MIN_OF(b->cap * 2, b->max + 1));
		cap = MAX_OF(cap, (size_t)64);
		b->at = realloc(b->at, cap);
		must(b->at != NULL);
		b->cap = cap;
	}
	return b->at + b->len;
}

void buf_grew(struct buf *b, size_t len)
{
	ensure(b->len + len < b->cap);
	b->len += len;
	b->at[b->len] = '\0';
}

void buf_add_bytes(struct buf *b, const void *bytes, size_t len)
{
	char *room = buf_room(b, len);

	if (!room)
		return;
	if (len)
		memcpy(room, bytes, len);
	buf_grew(b, len);
}

void buf_add(struct buf *b, struct str s)
{
	buf_add_bytes(b, s.at, s.len);
}

void buf_add_c(struct buf *b, const char *text)
{
	buf_add(b, str_of(text));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add_bytes(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	char *room;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ensure(len >= 0);
	room = buf_room(b, (size_t)len);
	if (!room)
		return;
	va_start(args, format);
	vsnprintf(room, (size_t)len + 1, format, args);
	va_end(args);
	buf_grew(b, (size_t)len);
}

bool buf_ok(const struct buf *b)
{
	return !b->overflow;
}

struct str buf_str(const struct buf *b)
{
	return str_range(b->at, b->len);
}

const char *buf_text(const struct buf *b)
{
	return b->at ? b->at : "";
}
