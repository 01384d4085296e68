/* gunzip: gzip bytes of a known size made plain again, over zlib. */
#ifndef SUTURE_CODEC_GUNZIP_H
#define SUTURE_CODEC_GUNZIP_H

#include "lib/arena.h"
#include "lib/err.h"

/* `plain_len` is what comes out, exactly. ERR_DATA: the bytes are no gzip, or another length comes out. */
int gunzip(struct arena *arena, struct str packed, size_t plain_len, struct str *ret, struct err *err) MUST_CHECK;

#endif
