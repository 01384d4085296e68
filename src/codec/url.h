/* url: percent-encoding and the parts of an http(s) URL. */
#ifndef SUTURE_CODEC_URL_H
#define SUTURE_CODEC_URL_H

#include "lib/arena.h"
#include "lib/buf.h"

void url_encode(struct buf *out, struct str text); /* everything but A-Z a-z 0-9 - . _ ~ */
bool url_decode(struct arena *arena, struct str text, bool plus_is_blank, struct str *ret);
/* Adds ?name=value or &name=value, both encoded. */
void url_add_query(struct buf *url, const char *name, struct str value);

struct url_parts {
	struct str scheme;
	struct str host;  /* without brackets for IPv6 */
	struct str port;  /* empty: the default of the scheme */
	struct str path;  /* with leading slash; empty when absent */
	struct str query; /* without "?" */
};
bool url_split(struct str url, struct url_parts *ret); /* http and https only */

#endif
