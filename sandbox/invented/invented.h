/*
 * invented: the state of the stand-in for an EMR that nobody has, shared by the files of this folder and by nobody else. It is
 * there so that a descriptor can be tried against a system that none of the program's own descriptors was written for.
 *
 *	keys        header X-Api-Key; every call also says X-Version: 3. GET /me -> {"clinic","user"}
 *	people      GET /people?count=&after=&expand=all&state=live&since=&surname=&foreign_ref=
 *	            -> {"data":{"people":[..]},"page":{"next":"a mark, or null","total":n}}
 *	            GET /people/search?words=: the same; each word begins a surname or a given name, any case
 *	one         GET /people/{key}; POST /people; PATCH or POST /people/{key}: a JSON merge patch (RFC 7396). No DELETE
 *	a person    {"key","rev","state":"live" or "left","changed":{"at","by"},"merged":{"into"},"surname","given","born","mail",
 *	            "mobile","home":{"street","town","state","zip"},"foreign_ref"}; lists leave out mail, mobile and home unless asked
 *	            to expand
 *	errors      {"errors":[{"code","text","where"}]}
 *	hooks       GET /hooks -> {"hooks":[{"key","address","active","events"}]}; POST {"address","active"?,"events"?} -> such a row
 *	            with its "secret"; DELETE /hooks/{key}. Deliveries {"delivery","what","sent","person":{..}} carry X-Timestamp
 *	            (seconds) and X-Signature: v1=HMAC-SHA256 in hex of TIMESTAMP.BODY
 */
#ifndef SANDBOX_INVENTED_INVENTED_H
#define SANDBOX_INVENTED_INVENTED_H

#include "sandbox/bucket.h"
#include "sandbox/courier.h"
#include "sandbox/knobs.h"
#include "sandbox/shelf.h"
#include "sandbox/systems.h"

struct hook {
	struct str key, address, secret;
	struct json *events; /* names; NULL: all */
	bool active;
	struct hook *next;
};

struct invented {
	struct arena keep; /* hooks: until the end */
	struct server *server;
	const struct options *options;
	struct bucket pace;
	struct shelf people;
	int64_t next_person, next_hook;
	bool no_echo; /* no deliveries for changes through the API */
	struct hook *hooks;
	struct courier_switches deliveries;
	struct courier *courier;
	uint64_t events;
};

/* invented.c */
void invented_fail(struct answer *answer, int status, const char *code, const char *text, struct str where);
struct json *invented_body(struct request *request, struct answer *answer); /* NULL: answered 400 */

/* person.c: one person's record. */
struct complaint {
	const char *code, *text; /* code NULL: none */
	struct str where;
};
/* Lays `changes` over the row (NULL: a new one, with `key` or the next) and stamps it. A complaint changes nothing. */
struct complaint person_change(struct invented *emr, struct arena *arena, struct shelf_row *row, struct str key,
                               const struct json *changes, const char *by, struct shelf_row **ret);
/* The list's form of a record: without what only `expand` shows. */
void person_shorten(struct json *person);
/* Somebody who left: gone from `state=live`. `into`: the key of whom they became one with, or empty. */
void person_leave(struct arena *arena, struct shelf_row *row, struct str into);

/* hooks.c: `kind`: "person.added", .. */
void invented_emit(struct invented *emr, const char *kind, const struct shelf_row *row, bool own);

/* admin.c */
int invented_seed(struct invented *emr, struct err *err) MUST_CHECK;
int invented_edit(void *state, const struct json *body, struct buf *out, struct err *err);
int invented_create(void *state, const struct json *body, struct buf *out, struct err *err);
int invented_remove(void *state, const struct json *body, struct buf *out, struct err *err);
void invented_dump(void *state, struct buf *out);

/* Handlers, by file. */
answer_fn people_list, people_search, people_get, people_add, people_change; /* people.c */
answer_fn hooks_list, hooks_add, hooks_drop;                                 /* hooks.c */
answer_fn invented_reset, invented_load, invented_show_settings, invented_change_settings, invented_merge; /* admin.c */

#endif
