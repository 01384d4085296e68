/* jansson_peer: jansson behind a wall, since its names and ours collide. */
#ifndef SUTURE_TESTS_JANSSON_PEER_H
#define SUTURE_TESTS_JANSSON_PEER_H

#include "lib/buf.h"

enum peer_answer {
	PEER_ACCEPTS,
	PEER_REFUSES,
	PEER_CANNOT_SAY, /* refused for a limit of jansson's own: a number too large, a depth over 2048 */
};

/*
 * Reads the text. When it is accepted, `out` gets it in a spelling of our own that depends on the content alone: kinds
 * and lengths before texts, keys in their order, numbers as %.17g.
 */
enum peer_answer peer_read(struct str text, struct buf *out);

#endif
