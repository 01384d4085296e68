/*
 * hint: the state of the stand-in Hint, shared by the files of this folder and by nobody else. One practice, one partner,
 * one connection between them. Everything runs on the system's one thread.
 */
#ifndef SANDBOX_HINT_HINT_H
#define SANDBOX_HINT_HINT_H

#include "codec/json.h"
#include "lib/map.h"
#include "sandbox/hint/values.h"
#include "sandbox/systems.h"

#define HINT_PARTNER_KEY  "hint-partner-key"
#define HINT_FIRST_CODE   "hint-first-code"
#define HINT_PRACTICE     "pra-3VxN8gJw5KbE"
#define HINT_INTEGRATION  "int-5WqB7nXk2DsP"
#define HINT_INSTALLATION "inst-8DyF4rUo2GxC"
#define HINT_BACKEND      "pbnd-4QsJ6zPe1RwU"
#define HINT_CODE_LIFE_US ((int64_t)600 * 1000000)

/* Flags of routes: whose key opens them. */
enum { KEY_PRACTICE = 1, KEY_PARTNER = 2 };

enum malformed { MALFORMED_NOT, MALFORMED_UTF8, MALFORMED_NUMBER, MALFORMED_TYPE, MALFORMED_DATE, MALFORMED_KINDS };

struct patient {
	struct str id;
	struct packed values;
	int64_t created_us, updated_us;
	uint32_t place;    /* in hint->patients */
	uint8_t malformed; /* enum malformed: how its row is broken on purpose */
	bool archived, erased;
	bool was_linked; /* had an integration_record_id once */
};

struct token {
	struct str text;
	bool partner;
	int64_t last_used_us; /* 0: never */
	struct token *next;
};

struct code {
	struct str text;
	int64_t until_us;
	bool used;
	struct code *next;
};

/* Calls allowed: a bucket that fills by `rate` a second up to one second's worth. */
struct pace {
	double rate; /* 0: no limit */
	double level;
	int64_t filled_ns;
	int64_t daily, today; /* calls a day; calls since 00:00 UTC */
	int64_t day;
};

struct page_cache {
	struct str key; /* the query without limit and offset; empty: nothing kept */
	uint64_t version;
	uint32_t *rows;
	size_t count;
	struct arena arena;
};

struct hint {
	struct arena keep;     /* tokens, codes, webhooks: until the end */
	struct arena arena;    /* patients and their indexes: until reset */
	struct server *server; /* NULL in unit tests */
	const struct options *options;
	struct patient **patients; /* in order of creation time, then id, once sorted */
	size_t count, room, archived;
	bool sorted;
	uint64_t version; /* changes with every change of a patient */
	int64_t last_us;  /* newest stamp given out: stamps never repeat */
	uint64_t next_id;
	struct map by_id, by_record;
	struct page_cache cache;
	struct token *tokens;
	struct code *codes;
	struct pace pace;
	bool active;         /* the connection between practice and partner */
	bool sbx;            /* ids and keys carry the prefix of a sandbox practice */
	bool gzip;           /* answers are packed for callers that take it */
	struct hooks *hooks; /* webhooks.h */
};

/* practice.c: reference data, finished once a process by practice_prepare(). Numbers of people.h are taken modulo what there is; 0 and unknown ids give an index < 0. */
void practice_prepare(void);
int practice_find_practitioner(struct str id);
int practice_find_location(struct str id);
int practice_find_lead_source(struct str id);
struct str practice_practitioner_id(unsigned number);
struct str practice_location_id(unsigned number);
struct str practice_lead_source_id(unsigned number);
struct str practice_practitioner(int index); /* finished JSON */
struct str practice_location(int index);
struct str practice_lead_source(int index);
struct str practice_group(void);
void practice_write_practitioners(struct buf *out);
void practice_write_locations(struct buf *out);
void practice_write_lead_sources(struct buf *out);

/* patients.c: the set of patients. */
struct patient *patients_find(struct hint *hint, struct str id); /* Hint's id or the integration_record_id */
struct patient *patients_find_record(struct hint *hint, struct str record_id); /* NULL: nobody has it */
/* `id` empty: a new one. Not yet in any list order: patients_sort(). */
struct patient *patients_add(struct hint *hint, struct str id);
void patients_link(struct hint *hint, struct patient *p,
                   struct str record_id); /* keeps the index of record ids right */
void patients_erase(struct hint *hint, struct patient *p);
void patient_archive(struct hint *hint, struct patient *p);
void patients_sort(struct hint *hint);
int64_t hint_stamp(struct hint *hint); /* now, but never twice the same */

/* patient_read.c: a JSON object laid over a patient. `may`: MAY_API or MAY_PERSON. Unknown members are ignored. Nothing is
 * changed on failure: ERR_DATA with the words of Hint's 422. */
int patient_read(struct hint *hint, const struct json *fields, unsigned may, struct values *values, struct arena *arena,
                 struct err *err) MUST_CHECK;
/* Creates or changes, stamps, keeps the indexes. `p` NULL: creates, with `id` or a new one. */
int patient_save(struct hint *hint, struct patient *p, struct str id, const struct json *fields, unsigned may,
                 struct patient **ret, struct err *err) MUST_CHECK;

/* patient_write.c */
void patient_write(const struct hint *hint, const struct patient *p, struct buf *out);
void patient_write_name(const struct hint *hint, const struct patient *p, struct buf *out); /* as JSON text */
const char *malformed_name(enum malformed kind);
enum malformed malformed_of(struct str name); /* MALFORMED_KINDS: unknown */

/* Handlers, by file. */
answer_fn list_patients, match_patients;                                                     /* list.c */
answer_fn get_patient, create_patient, change_patient, delete_patient, get_records, get_ssn; /* routes.c */
answer_fn get_practice, get_practitioners, get_locations, get_lead_sources;                  /* routes.c */
answer_fn exchange_token, connect_installation, list_integrations, get_integration, change_integration,
        activate_integration, deactivate_integration, list_installations, get_installation, activate_installation,
        deactivate_installation, list_backends, get_backend, change_backend; /* partner.c */
answer_fn list_endpoints, add_endpoint, get_endpoint, change_endpoint, drop_endpoint, list_event_names,
        list_requests; /* endpoints.c */
answer_fn admin_world, admin_reset, admin_load, admin_malformed, admin_break, admin_mend, admin_settings, admin_set,
        admin_code, admin_merge; /* admin.c */
int hint_edit(void *state, const struct json *body, struct buf *out, struct err *err);
int hint_create(void *state, const struct json *body, struct buf *out, struct err *err);
int hint_remove(void *state, const struct json *body, struct buf *out, struct err *err);
void hint_dump(void *state, struct buf *out);

/* hint.c */
void hint_fail(struct answer *answer, int status, const char *message);
void hint_fail_err(struct answer *answer, const struct err *err);                 /* the status that fits the code */
struct json *hint_body(struct request *request, struct answer *answer);           /* NULL: answered 400 */
struct str hint_id(const struct hint *hint, struct arena *arena, const char *id); /* with "sbx-" where switched on */
void hint_forget_patients(struct hint *hint);                                     /* everything that came from people */
struct token *hint_add_token(struct hint *hint, struct str text, bool partner);
struct code *hint_add_code(struct hint *hint, struct str text);

#endif
