/* json_scan: the inner loop that the reader and the writer of strings share. */
#ifndef SUTURE_CODEC_JSON_SCAN_H
#define SUTURE_CODEC_JSON_SCAN_H

#include "lib/defs.h"

#include <string.h>

/* Marks (in the top bit of each byte) the bytes that a string may not simply run over: " \ controls and non-ASCII. */
static inline uint64_t json_special_bytes(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u;

	return ((word - ones * 0x20) | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones) | word) &
	       (ones * 0x80);
}

/* Eight bytes at a time; a borrow can only mark a byte wrongly above a rightly marked one, so the lowest mark is true. */
static inline const char *json_skip_plain(const char *at, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (; end - at >= 8; at += 8) {
		uint64_t word, special;

		memcpy(&word, at, sizeof(word));
		special = json_special_bytes(word);
		if (special)
			return at + (__builtin_ctzll(special) >> 3);
	}
#endif
	while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

#endif
