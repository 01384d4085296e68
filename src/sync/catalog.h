/*
 * catalog: what a person configured: connections, integration, object syncs with their mapping and policy. Only writer of the tables
 * `definition` and `definition_version`. Every change makes a new version with who, when and why (R25); secrets are sealed.
 *
 * The configuration file (YAML or JSON; docs/CONFIGURATION.md):
 *
 *	connections:
 *	  practice: {kind: hint, url: "https://api.hint.com/api", token: {env: HINT_TOKEN}}
 *	  org:      {kind: salesforce, auth: client_credentials, ...}
 *	integration: {name: hint-salesforce, emr: practice, crm: org, default_account: "Hint Patients"}
 *	syncs:
 *	  patients: {emr_object: patient, crm_object: Contact, mapping: hint-contact, create: true, ...}
 *
 * A secret may be given as text, as {env: NAME} or as {file: PATH}; export shows where it came from, or {sealed: true}, never the value.
 */
#ifndef SUTURE_SYNC_CATALOG_H
#define SUTURE_SYNC_CATALOG_H

#include "sync/sync.h"

struct applied {
	size_t created, changed, unchanged;
};

/* Validates everything first, then stores in one transaction. Changes nothing at the far systems. ERR_CONFIG with line and key. `file_dir`: where {file:} paths begin;
 * NULL: the file came over the network and may not say where secrets are read from (catalog_keep_secret). */
int catalog_apply(struct engine *engine, struct str text, const char *file_name, const char *file_dir, const char *why,
                  struct applied *ret, struct err *err) MUST_CHECK;
/* The file again: the current version of everything. Applying it changes nothing. */
int catalog_export(struct engine *engine, struct buf *out, struct err *err) MUST_CHECK;
/*
 * One sync's document, made as a tree (the console's mapping screens): checked and stored as catalog_apply does. `expected`: the version that it was made from,
 * 0 for a new sync, -1: any. ERR_CONFLICT: somebody changed it meanwhile. ERR_CONFIG: no lines, as there is no file.
 */
int catalog_save_sync(struct engine *engine, struct str name, const struct json *body, int64_t expected,
                      const char *why, struct applied *ret, struct err *err) MUST_CHECK;
/* The sync as it stands, or as it was: its document without secrets. version 0: the newest. ERR_NOT_FOUND. */
struct sync_version {
	int64_t version, at_ms;
	struct str who, why;
	struct json *body; /* NULL in a list */
};
int catalog_sync_version(struct engine *engine, struct arena *arena, struct str sync, int64_t version,
                         struct sync_version *ret, struct err *err) MUST_CHECK;
/* All versions, newest first, without their documents. */
int catalog_sync_versions(struct engine *engine, struct arena *arena, struct str sync, struct sync_version **ret,
                          size_t *ret_count, struct err *err) MUST_CHECK;
/* Makes what a version said the newest one. */
int catalog_restore_sync(struct engine *engine, struct str sync, int64_t version, const char *why, struct applied *ret,
                         struct err *err) MUST_CHECK;
/* Merges settings (a token from a code exchange) into a connection as a new version. */
int catalog_amend_connection(struct engine *engine, struct str name, const struct json *settings, const char *why,
                             struct err *err) MUST_CHECK;

/* Exchanges an authorisation code at the far system and keeps the token as part of the connection. */
int catalog_exchange_code(struct engine *engine, struct str connection, const struct code_grant *grant,
                          struct err *err) MUST_CHECK;
/* Where a person's browser goes to approve us. ERR_UNSUPPORTED: that system's codes are pasted. */
int catalog_authorize_url(struct engine *engine, struct str connection, struct arena *arena,
                          const struct code_asking *asking, struct str *ret, struct err *err) MUST_CHECK;

struct sync_row {
	int64_t id;
	struct str name, emr_connection, crm_connection, emr_object, crm_object;
	int64_t version;
};
int catalog_syncs(struct engine *engine, struct arena *arena, struct sync_row **ret, size_t *ret_count,
                  struct err *err) MUST_CHECK;
/* Grows with every change of the configuration. */
int catalog_generation(struct engine *engine, int64_t *ret, struct err *err) MUST_CHECK;
struct connection_row {
	int64_t id;
	struct str name, kind;
};
int catalog_connections(struct engine *engine, struct arena *arena, struct connection_row **ret, size_t *ret_count,
                        struct err *err) MUST_CHECK;
struct integration_row {
	struct str name, emr, crm, default_account; /* emr, crm: connections */
	int64_t version;
};
int catalog_integrations(struct engine *engine, struct arena *arena, struct integration_row **ret, size_t *ret_count,
                         struct err *err) MUST_CHECK;
/* Where `suture serve`, found by the world under `base`, takes the webhooks of a connection: BASE/hooks/NAME. */
struct str catalog_hook_url(struct arena *arena, struct str base, struct str connection);
int catalog_open_connection(struct engine *engine, struct str name, struct connection **ret,
                            struct err *err) MUST_CHECK;

/* Opens an object sync by name; an empty name is fine when there is only one. ERR_NOT_FOUND lists those that exist. Makes no far call. */
int plan_open(struct engine *engine, struct str name, struct plan **ret, struct err *err) MUST_CHECK;
/*
 * The same of a document that is not stored: what a person is about to save, to be checked. `sync_id` and version are those of the stored sync of that
 * name, or 0. ERR_CONFIG as catalog_save_sync.
 */
int plan_open_document(struct engine *engine, struct str name, const struct json *body, struct plan **ret,
                       struct err *err) MUST_CHECK;
void plan_close(struct plan **plan);
/* Signs in to both systems, so that wrong credentials and unreachable hosts are told before anything begins. */
int plan_sign_in(struct plan *plan, struct err *err) MUST_CHECK;
/* Asks the CRM for the id of the record type that new records get by its name. ERR_CONFIG: there is none that we may use. */
int plan_open_record_type(struct plan *plan, struct err *err) MUST_CHECK;
/* That, and finds the Default Account by name, or creates it unless `engine->dry` (R16). */
int plan_open_account(struct engine *engine, struct plan *plan, struct err *err) MUST_CHECK;

/* `suture check`: one finding per line, worst first. */
enum finding_level { FINDING_OK, FINDING_WARNING, FINDING_ERROR };
struct finding {
	enum finding_level level;
	struct str subject; /* "connection org", "field Email" */
	struct str text;    /* what is wrong and what to do */
	struct str field;   /* the CRM field that it is about; empty: none, or many */
	struct finding *next;
};
struct findings {
	struct finding *first, *last;
};
/* Texts are borrowed. */
void finding_add(struct findings *list, struct arena *arena, const struct finding *finding);
int plan_check(struct engine *engine, struct plan *plan, struct arena *arena, struct finding **ret,
               struct err *err) MUST_CHECK;

#endif
