#include "codec/gunzip.h"

#include <zlib.h>

int gunzip(struct arena *arena, struct str packed, size_t plain_len, struct str *ret, struct err *err)
{
	enum { GZIP_ONLY = 16 + MAX_WBITS };
	char *out = arena_alloc_bytes(arena, plain_len + 1); /* never of no size */
	z_stream stream = { 0 };
	int answer;

	if (inflateInit2(&stream, GZIP_ONLY) != Z_OK)
		return err_set(err, ERR_SYSTEM, "zlib does not start");
	stream.next_in = (unsigned char *)packed.at; /* zlib does not write there */
	stream.avail_in = (unsigned)packed.len;
	stream.next_out = (unsigned char *)out;
	stream.avail_out = (unsigned)plain_len + 1;
	answer = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	if (answer != Z_STREAM_END || stream.total_out != plain_len)
		return err_set(err, ERR_DATA, "what should be gzip is damaged");
	*ret = str_range(out, plain_len);
	return 0;
}
