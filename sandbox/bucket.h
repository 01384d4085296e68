/* bucket: how many calls a second a stand-in lets pass; fills by `rate` a second up to one second's worth. */
#ifndef SUTURE_SANDBOX_BUCKET_H
#define SUTURE_SANDBOX_BUCKET_H

#include "lib/defs.h"

struct bucket {
	double rate; /* 0: no limit */
	double level;
	int64_t filled_ns; /* 0: never */
};

bool bucket_take(struct bucket *bucket);

#endif
