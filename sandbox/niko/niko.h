/*
 * niko: the state of the stand-in NikoHealth, shared by the files of this folder and by nobody else. One company, one API
 * client. Everything runs on the system's one thread.
 */
#ifndef SANDBOX_NIKO_NIKO_H
#define SANDBOX_NIKO_NIKO_H

#include "sandbox/bucket.h"
#include "sandbox/courier.h"
#include "sandbox/knobs.h"
#include "sandbox/niko/model.h"
#include "sandbox/shelf.h"
#include "sandbox/systems.h"

#define NIKO_API          "/api/external/v1"
#define NIKO_FIRST_NUMBER 10000001

/* Flag of routes that want a token. */
enum { NIKO_TOKEN = 1 };

struct niko_token {
	struct str text;
	int64_t until_ns;
	struct niko_token *next;
};

struct subscription {
	struct str id, url, secret;
	struct json *events; /* names */
	struct subscription *next;
};

/* What a tenant may be like; each is a row of the settings in admin.c, which say what they mean. */
struct niko_settings {
	int64_t token_seconds, create_status, retry_after;
	struct str post_reply, put_reply, modified_filter, hook_shape, hook_header;
	bool refuse_unknown, ignore_types, put_merges, number_ids, any_words, any_reason, mask_ssn, phones_list,
	        active_flag, keep_with_orders, no_echo, hook_hmac;
};

struct niko {
	struct arena keep; /* settings, subscriptions: until the end */
	struct server *server;
	const struct options *options;
	struct niko_settings settings;
	struct bucket pace;
	struct arena token_arena;
	struct niko_token *tokens;
	struct shelf patients, insurances, orders, tasks;
	int64_t next_patient, next_insurance, next_order, next_task, next_hook;
	struct subscription *subscriptions;
	struct courier_switches hooks;
	struct courier *courier;
	uint64_t events; /* sent so far */
};

/* niko.c */
void niko_fail(struct answer *answer, int status, const char *message);
void niko_refuse(struct answer *answer, const struct reading *reading); /* 400 with its errors */
/* The tree as the API shows it (number_ids); changes the tree. */
void niko_write(const struct niko *niko, struct arena *arena, struct json *tree, struct buf *out);
struct json *niko_body(struct request *request, struct answer *answer); /* NULL: answered 400 */
struct reading niko_reading(const struct niko *niko, struct arena *arena);
void niko_forget(struct niko *niko); /* every record */
/* Pages `count` rows by pageSize and pageIndex; false: answered 400. */
bool niko_page(struct request *request, struct answer *answer, size_t count, size_t *ret_from, size_t *ret_to);
/* The page of these rows. `shown`: what a list shows of a record; NULL: all of it. */
typedef struct json *niko_shown(const struct niko *niko, struct arena *arena, const struct json *full);
void niko_write_page(const struct niko *niko, struct request *request, struct answer *answer,
                     struct shelf_row *const *rows, size_t count, niko_shown *shown);

/* company.c: reference data. */
const struct json *company_location(struct arena *arena, struct str id); /* NULL: no such location */
struct json *company_payer(struct arena *arena, struct str id);
struct str company_location_id(unsigned number);                   /* any number */
struct str company_payer_id(struct arena *arena, struct str name); /* empty: no such payer */
struct str company_payer_number(struct arena *arena, unsigned number);
struct json *company_tag(struct arena *arena, unsigned number);

/* rewrite.c: what the server makes of addresses and telephone numbers (API notes 5.1). */
void chart_rewrite(struct reading *reading, struct json *patient);

/* patients.c */
/* Creates (`row` NULL; `id` empty: the next one) or replaces. False: `reading` holds the errors, nothing changed. */
bool chart_save(struct niko *niko, struct reading *reading, struct shelf_row *row, struct str id,
                const struct json *body, struct shelf_row **ret);
/* The body that, as a PUT, would change nothing but `changes` (objects are merged, dotted names reach into them). */
struct json *chart_merged(struct arena *arena, const struct shelf_row *row, const struct json *changes);
void chart_remove(struct niko *niko, struct shelf_row *row);

/* parts.c: insurances, orders, tasks. `kind` is the index of this table. */
enum { PART_INSURANCE, PART_ORDER, PART_TASK, PART_COUNT };
extern const char *const part_names[PART_COUNT]; /* "insurance", .. */
struct shelf *part_shelf(struct niko *niko, unsigned kind);
/* As chart_save. `patient`: of an insurance; for the others PatientId is in the body. */
bool part_save(struct niko *niko, struct reading *reading, unsigned kind, struct shelf_row *row, struct str id,
               struct str patient, const struct json *body, struct shelf_row **ret);

/* short.c: the list row of a patient (API notes 5.2). */
struct json *chart_short(const struct niko *niko, struct arena *arena, const struct json *full);

/* events.c */
/* `object`: "Patient", ..; `what`: "Created", ..; `own`: through the API. */
void niko_emit(struct niko *niko, const char *object, const char *what, const struct shelf_row *row, bool own);

/* admin.c: records as /__admin/load takes them; the world file's part too. Sends no events. */
int niko_load(struct niko *niko, const struct json *world, struct err *err) MUST_CHECK;

/* seed.c: the starting content, from the people of options->seed. */
int niko_seed(struct niko *niko, struct err *err) MUST_CHECK;

/* Handlers, by file. */
answer_fn give_token;                                                                   /* token.c */
bool token_is_good(struct niko *niko, struct request *request);                         /* token.c */
void tokens_end(struct niko *niko);                                                     /* token.c */
answer_fn niko_list, niko_get, niko_post, niko_put, niko_delete;                        /* patients.c */
answer_fn list_insurances, add_insurance, list_orders, get_order, list_tasks, get_task; /* parts.c */
answer_fn list_locations, list_payers, list_hcpcs;                                      /* company.c */
answer_fn list_events, list_hooks, add_hook, drop_hook;                                 /* events.c */
answer_fn niko_admin_reset, niko_admin_load, niko_admin_settings, niko_admin_set;       /* admin.c */
int niko_edit(void *state, const struct json *body, struct buf *out, struct err *err);
int niko_create(void *state, const struct json *body, struct buf *out, struct err *err);
int niko_remove(void *state, const struct json *body, struct buf *out, struct err *err);
void niko_dump(void *state, struct buf *out);

#endif
