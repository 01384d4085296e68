/* json_peer: jansson in a file of its own, since its names and ours collide. */
#ifndef SUTURE_BENCH_JSON_PEER_H
#define SUTURE_BENCH_JSON_PEER_H

#include "lib/str.h"

/* Reads the text into jansson's tree and frees it again. */
bool peer_reads(struct str text);
/* json_simdjson.cpp, where that library is installed: the same with simdjson. */
bool simdjson_reads(const char *text, size_t len);

#endif
