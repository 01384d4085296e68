/*
 * catalog_schema: what a configuration file may say, as rows. Checked before anything is stored, so that a wrong file changes nothing. The manual's table of
 * settings (docs/CONFIGURATION.md) follows these rows.
 */
#ifndef SUTURE_SYNC_CATALOG_SCHEMA_H
#define SUTURE_SYNC_CATALOG_SCHEMA_H

#include "connectors/connector.h"
#include "model/mapping.h"
#include "sync/sync.h"

/* ERR_CONFIG: "line 12: unknown setting 'ulr' of connection 'org'; it takes: url, ..." */
int schema_check(struct arena *arena, const struct json *file, struct err *err) MUST_CHECK;
/* The mapping of a sync's document, built-in or its own, with its policy laid over. ERR_CONFIG with the line. */
int schema_mapping(struct arena *arena, const struct json *sync, struct mapping *ret, struct err *err) MUST_CHECK;
/* R38: the same, and beside it the mapping of real time; without one both are alike and *ret_differs is false. */
int schema_mappings(struct arena *arena, const struct json *sync, struct mapping *ret_batch, struct mapping *ret_live,
                    bool *ret_differs, struct err *err) MUST_CHECK;
/* Whole numbers of a sync, of `access` or of `retention`, with their defaults. */
int64_t schema_number(const struct json *of, const char *name);
/* R31: of `on_emr_delete` and `on_crm_delete`. */
enum on_removal schema_on_removal(const struct json *sync, const char *name);
bool schema_is_secret(const struct connector *kind, struct str setting);

/* Of a member of crm_create: the record type that `RecordType: {DeveloperName: ...}` names; empty: it is no such member. */
struct str schema_record_type(const struct json *member);

#endif
