/*
 * catalog_schema: what a configuration file may say, as rows. Checked before anything is stored, so that a wrong file changes nothing. The manual's table of
 * settings (docs/CONFIGURATION.md) follows these rows.
 */
#ifndef SUTURE_SYNC_CATALOG_SCHEMA_H
#define SUTURE_SYNC_CATALOG_SCHEMA_H

#include "connectors/connector.h"
#include "model/mapping.h"

/* ERR_CONFIG: "line 12: unknown setting 'ulr' of connection 'org'; it takes: url, ..." */
int schema_check(struct arena *arena, const struct json *file, struct err *err) MUST_CHECK;
/* The mapping of a sync's document, built-in or its own, with its policy laid over. ERR_CONFIG with the line. */
int schema_mapping(struct arena *arena, const struct json *sync, struct mapping *ret, struct err *err) MUST_CHECK;
bool schema_is_secret(const struct connector *kind, struct str setting);

#endif
