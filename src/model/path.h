/*
 * path: where a field stands in a record, for reading and writing: first_name, General.Name.FirstName,
 * phones[type=mobile].number, name[use=official].given[0], MailingStreet. Manual: docs/PATHS.md.
 * Writing through a filter creates the element. A filter takes the first element that fits; values may be quoted:
 * telecom[system="phone"][use=home].value.
 */
#ifndef SUTURE_MODEL_PATH_H
#define SUTURE_MODEL_PATH_H

#include "codec/json.h"

struct path;

/* ERR_CONFIG: "path 'phones[type=': ...". The path lives in the arena. */
int path_parse(struct arena *arena, struct str text, const struct path **ret, struct err *err) MUST_CHECK;
struct str path_text(const struct path *path);
struct str path_top(const struct path *path); /* first step: the member that a PATCH must carry whole */
/* Names only, no filter and no index, at most `max_steps` of them: what a CRM field may be. */
bool path_is_plain(const struct path *path, size_t max_steps);
const struct json *path_get(const struct path *path, const struct json *record); /* NULL: not there */
/*
 * Changes `record` (which must be a copy of ours). `item` must be new: it becomes part of the record. A null item through a
 * filter removes the element it would leave empty, and makes nothing that is not there. ERR_DATA when a step meets another
 * kind of thing than it needs: the record may then be half changed, throw the copy away.
 */
int path_set(struct arena *arena, const struct path *path, struct json *record, struct json *item,
             struct err *err) MUST_CHECK;

#endif
