#include "json_peer.h"

#include <jansson.h>

bool peer_reads(struct str text)
{
	json_error_t error;
	json_t *value = json_loadb(text.at, text.len, 0, &error);

	json_decref(value);
	return value != NULL;
}
