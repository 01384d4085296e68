/* descriptor_check: what a descriptor's tables cannot say: which settings belong together. Private to rest/. */
#ifndef SUTURE_CONNECTORS_REST_DESCRIPTOR_CHECK_H
#define SUTURE_CONNECTORS_REST_DESCRIPTOR_CHECK_H

#include "connectors/rest/descriptor.h"

/* Checks, fills in what was left out (methods, page sizes) and builds `option_rows`. `tree`: for the lines of errors. */
int descriptor_check(struct arena *arena, struct descriptor *d, const struct json *tree, struct err *err) MUST_CHECK;

#endif
