/*
 * org: what one stand-in Salesforce org is made of: objects with their fields, rows with their indexes, users. Shared by
 * all files of this folder; nobody outside includes it.
 *
 * A row keeps its values as canonical text in one block: dates 1980-01-02, datetimes 2026-07-18T09:15:22.000+0000,
 * checkboxes true or absent, numbers as JSON numbers. Absent means null (false for a checkbox). The fields that the system
 * keeps itself (Id, stamps, Name of a person, addresses) are made when they are read.
 *
 * Rows are addressed by number: pointers to rows do not survive an insert.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_ORG_H
#define SUTURE_SANDBOX_SALESFORCE_ORG_H

#include "lib/map.h"
#include "sandbox/salesforce/settings.h"
#include "sandbox/server.h"

#define FIELDS_MAX   256
#define CELL_WORDS   (FIELDS_MAX / 64)
#define ID_SHORT     15
#define ID_LONG      18
#define NO_ROW       UINT32_MAX
#define ORIGIN_SIZE  160
#define SCRATCH_SIZE 1024 /* longest computed value: a person's name in UTF-8 */

enum field_type {
	TYPE_ID,
	TYPE_STRING,
	TYPE_TEXTAREA,
	TYPE_PHONE,
	TYPE_EMAIL,
	TYPE_URL,
	TYPE_PICKLIST,
	TYPE_BOOLEAN,
	TYPE_INT,
	TYPE_DOUBLE,
	TYPE_DATE,
	TYPE_DATETIME,
	TYPE_REFERENCE,
	TYPE_ADDRESS,
	TYPE_COUNT
};

/* Where a field's value comes from. */
enum field_source {
	SOURCE_STORED,
	SOURCE_ID,
	SOURCE_DELETED,
	SOURCE_CREATED,
	SOURCE_CREATED_BY,
	SOURCE_MODIFIED,
	SOURCE_MODIFIED_BY,
	SOURCE_PERSON_NAME,
	SOURCE_ADDRESS,
};

#define FIELD_CREATE     1u  /* createable */
#define FIELD_UPDATE     2u  /* updateable */
#define FIELD_REQUIRED   4u  /* not nillable */
#define FIELD_DEFAULTED  8u  /* defaultedOnCreate */
#define FIELD_EXTERNAL   16u /* externalId */
#define FIELD_UNIQUE     32u
#define FIELD_CASE       64u  /* caseSensitive */
#define FIELD_RESTRICTED 128u /* restrictedPicklist */
#define FIELD_LOOKUP     256u /* idLookup */
#define FIELD_NAME       512u /* nameField */
#define FIELD_CUSTOM     1024u
#define FIELD_HIDDEN     2048u /* not there any more, or not yet: drift.c, person_accounts.c */
#define FIELD_WRITE      (FIELD_CREATE | FIELD_UPDATE)

struct field {
	const char *name;
	const char *label;
	enum field_type type;
	unsigned length; /* characters */
	unsigned flags;
	enum field_source source;
	const char *reference_to; /* TYPE_REFERENCE: object names, comma between */
	const char *relationship; /* "Account" */
	const char *compound;     /* "Name", "MailingAddress" */
	const char *picklist;     /* values, "|" between */
	int precision, scale;
	unsigned number;     /* its place in the object */
	struct index *index; /* unique and external-id fields; else NULL */
};

struct row {
	char id[ID_SHORT];
	bool deleted;
	uint32_t created, modified;       /* seconds since 1970: stamps have no finer resolution */
	uint32_t created_by, modified_by; /* rows of User */
	struct cells *cells;
};

struct object {
	const char *name, *label, *plural;
	const char *prefix; /* key prefix of ids */
	bool custom;
	bool writable; /* createable, updateable, deletable */
	bool tracked;  /* its changes are published (changes.h) */
	struct field *fields;
	unsigned field_count;
	uint16_t *names; /* hash table: lower-case name to field number + 1 */
	unsigned names_mask;
	struct row *rows;
	uint32_t row_count, row_cap;
	uint32_t live; /* rows that are not deleted */
	struct index *by_id;
	uint64_t next_id;
	const struct field *name_field;
	uint32_t schema_changed; /* when an administrator did; 0: never */
};

struct org {
	struct arena arena; /* schema; lives as long as the org */
	struct settings settings;
	const struct options *options;
	struct server *server; /* NULL in unit tests */
	struct object **objects;
	size_t object_count;
	struct object *contact, *account, *user;
	uint32_t integration_user; /* rows of User */
	uint32_t person_user;      /* who edits through /__admin */
	struct journal *journal;   /* open transaction, or NULL */
	struct auth *auth;
	struct cursors *cursors;
	struct jobs *jobs;
	struct persist *persist; /* NULL without --sqlite */
	struct changes *changes;
	struct stream *stream;
	struct pushes *pushes;
	struct person_accounts *persons; /* NULL: no room for their fields */
	struct drifted *drifted;         /* fields that are not as they were at the start (drift.c) */
	/* Who is writing, as change events name it: "com/salesforce/api/rest/62.0;client=EmrSync". */
	char origin[ORIGIN_SIZE];
	bool restored; /* its rows came from a file */
	int64_t calls_today;
};

/* One authenticated call. */
struct call {
	struct org *org;
	uint32_t user;
	bool inner; /* a subrequest of composite: not counted again */
	struct session *session;
};

/* ---- schema.c ---- */
int schema_load(struct org *org, const char *custom_fields, struct err *err) MUST_CHECK;
struct object *org_object(const struct org *org, struct str name);        /* any case; NULL: no such */
struct object *org_object_of_id(const struct org *org, struct str id);    /* by key prefix */
struct field *object_field(const struct object *object, struct str name); /* any case; NULL: no such */
struct field *object_relation(const struct object *object, struct str relationship);
const char *type_name(enum field_type type);
const char *type_soap(enum field_type type);
bool type_is_text(enum field_type type);

/* ---- origin.c ---- */
/* Who writes from now on. `version` "v62.0"; `options`: the Sforce-Call-Options header, or empty. */
void origin_set(struct org *org, const char *api, struct str version, struct str options);
/* A person in the vendor's own pages. */
void origin_set_person(struct org *org);

/* ---- ids.c ---- */
bool id_valid(struct str id);                              /* 15 or 18 characters, checksum right */
void id_long(const char *short_id, char ret[ID_LONG + 1]); /* 15 to 18, NUL-terminated */
/* The first 15 characters in `ret`; letters mended from the checksum when all 18 came in another case. */
bool id_short(struct str id, char ret[ID_SHORT]);
void id_make(const char *prefix, uint64_t number, char ret[ID_SHORT]);

/* ---- rows.c ---- */
uint32_t rows_find(const struct object *object, struct str id); /* deleted ones too; NO_ROW */
struct row *row_at(const struct object *object, uint32_t number);
/* A value as text; empty: null. `scratch` holds what has to be made. */
struct str row_get(const struct org *org, const struct object *object, const struct row *row, const struct field *field,
                   char scratch[SCRATCH_SIZE]);
/* Stored field only: no scratch needed. */
struct str row_cell(const struct row *row, unsigned field_number);
/* Live rows whose indexed field equals `value`; fills up to `max`, answers how many there are. */
size_t rows_lookup(const struct object *object, const struct field *field, struct str value, uint32_t *ret, size_t max);
/* `cells` holds one text a field; empty: null. Copies. `id`: a wanted id, or empty. */
uint32_t rows_insert(struct org *org, struct object *object, const struct str *cells, struct str id, uint32_t user);
void rows_update(struct org *org, struct object *object, uint32_t number, const struct str *cells, uint32_t user);
/* Other values without anybody having edited: no stamps, no event. */
void rows_rewrite(struct org *org, struct object *object, uint32_t number, const struct str *cells);
void rows_delete(struct org *org, struct object *object, uint32_t number, uint32_t user);
void rows_undelete(struct org *org, struct object *object, uint32_t number, uint32_t user);
/* A row as it was: deleted or not, with its id and stamps. */
void rows_restore(struct object *object, const struct row *like, const struct str *cells);
void rows_free(struct object *object);
/* Between the two, every change is remembered; `keep` false undoes them all. Not nested. */
void rows_begin(struct org *org);
void rows_end(struct org *org, bool keep);

/* What was written is final: change events go out, the file is brought up to date. Nothing while a transaction is open. */
void org_commit(struct org *org);
/* The values of a row as one block that never changes: whoever shares it reads it for as long as he likes. */
struct cells *cells_share(struct cells *cells);
void cells_drop(struct cells *cells);
struct str cells_text(const struct cells *cells, unsigned field_number);
/* One bit a field that has a value; one a field that differs. */
void cells_fields(const struct cells *cells, uint64_t ret[CELL_WORDS]);
void cells_diff(const struct cells *a, const struct cells *b, uint64_t ret[CELL_WORDS]);

/* ---- stamps.c ---- */
uint32_t stamp_now(void);
void stamp_write(uint32_t seconds, char ret[32]); /* 2026-07-18T09:15:22.000+0000 */
/* Text in any of the accepted spellings to the canonical one; false: not a datetime / not a real date. */
bool stamp_canonical(struct str text, char ret[32]);
bool date_canonical(struct str text, char ret[16]);
bool stamp_read_http(struct str text, uint32_t *ret); /* Tue, 10 Aug 2026 08:00:00 GMT */
void stamp_write_http(uint32_t seconds, char ret[40]);
bool date_to_ms(struct str date, int64_t *ret); /* midnight UTC */

#endif
