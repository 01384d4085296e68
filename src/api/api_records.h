/* What the areas about payloads, records, pairs and cases share. */
#ifndef SUTURE_API_API_RECORDS_H
#define SUTURE_API_API_RECORDS_H

#include "api/api_verdict.h"

#include "sync/person.h"

/* The schema Payload. */
struct json *api_payload(struct api_call *call, const struct staged *s);
/* The schema Link. */
struct link;
struct json *api_link(struct api_call *call, const struct link *link);
/* "emr", "crm". */
struct str api_side_word(enum side side);
/* {side} and {record} of the path, the id as records carry it. */
int api_record(struct api_call *call, const struct plan *plan, enum side *ret_side, struct str *ret_id,
               struct err *err) MUST_CHECK;

#endif
