/* What the areas of a sync's set-up share: api_mapping.c (documents), api_describe.c (what there is), api_check.c (what would come of it). */
#ifndef SUTURE_API_API_MAPPING_H
#define SUTURE_API_API_MAPPING_H

#include "api/api_internal.h"

#include "sync/catalog.h"

/* The rows of `mapping` or `live_mapping`, of a ready one too; NULL where there is none. */
int api_mapping_fields(struct api_call *call, const struct json *spec, struct json **ret, struct err *err) MUST_CHECK;
/* A member of the body; ERR_DATA: it is no object. */
int api_need_object(const struct api_call *call, const char *name, const struct json **ret, struct err *err) MUST_CHECK;
/* A copy of the tree; NULL becomes null. */
void api_set_json(const struct api_call *call, struct json *object, const char *name, const struct json *value);
/* The integration {integration} of the path, and one of its connections; closed with the call's arena. */
int api_integration(struct api_call *call, struct integration_row *ret, struct err *err) MUST_CHECK;
int api_open_side(struct api_call *call, const struct integration_row *integration, enum side side,
                  struct connection **ret, struct err *err) MUST_CHECK;

#endif
