/*
 * live_search: a person types a patient's name in the org, and is answered at once. The call is signed like every other one of the package and comes to a door
 * of its own, as what is typed is nothing to be staged. It stands in the audit trail that somebody searched, not for whom (R41).
 */
#include <string.h>

#include "connectors/connector.h"
#include "sync/live_parts.h"

enum { SHORTEST = 2 };

/* Who asks: the engine of the daemon under another name. */
static struct engine engine_for(const struct engine *daemon, const char *who)
{
	return (struct engine) { .store = daemon->store,
		                 .keys = daemon->keys,
		                 .http = daemon->http,
		                 .dir = daemon->dir,
		                 .who = who,
		                 .doubt_ms = daemon->doubt_ms,
		                 .governor = daemon->governor,
		                 .meter = daemon->meter };
}

/* Verified before anything is parsed. */
static int read_question(const struct plan *plan, struct arena *arena, const struct hook *hook, struct event *ret,
                         struct err *err)
{
	struct connection *crm = plan->conn[SIDE_CRM];
	struct events events;

	if (crm->kind->webhook(crm, arena, hook, &events, err) < 0)
		return err_pass(err);
	if (events.count != 1 || events.at[0].kind != EVENT_OTHER || !str_eq_c(events.at[0].name, "search"))
		return err_set(err, ERR_DATA, "this door is for the action \"search\" and one record");
	*ret = events.at[0];
	return 0;
}

/* *ret_mine: the connection is the CRM of this sync, and the record that is asked for is one of its objects. */
static int search_in(struct live_entry *entry, struct arena *arena, struct str connection, const struct hook *hook,
                     struct live_found *ret, bool *ret_mine, struct err *err)
{
	struct plan *plan = entry->plan;
	struct event event;
	struct engine engine;
	struct str text;

	*ret_mine = false;
	if (!plan || !str_eq(plan->crm_name, connection) || !plan->conn[SIDE_CRM]->kind->webhook)
		return 0;
	if (read_question(plan, arena, hook, &event, err) < 0)
		return err_pass(err);
	*ret_mine = event.object.len == 0 || str_eq(event.object, plan->object[SIDE_CRM]);
	text = str_trim(json_get_text(event.record.json, "text"));
	if (!*ret_mine || text.len < SHORTEST)
		return 0;
	engine =
	        engine_for(entry->live->engine,
	                   arena_printf(arena, "%.*s:%.*s", STR_ARG(connection), STR_ARG(event.record.modified_by)).at);
	return person_search(&engine, plan, arena, SIDE_EMR, text, &ret->hits, &ret->count, err);
}

int live_search(struct live *live, struct arena *arena, struct str connection, const struct hook *hook,
                struct live_found *ret, struct err *err)
{
	bool opening = false, mine = false;

	*ret = (struct live_found) { 0 };
	for (struct live_entry *e = live_first(live); e && !mine; e = e->next) {
		int code;

		if (atomic_load(&e->gone))
			continue;
		pthread_rwlock_rdlock(&e->plan_lock);
		opening = opening || !e->plan;
		code = search_in(e, arena, connection, hook, ret, &mine, err);
		pthread_rwlock_unlock(&e->plan_lock);
		if (code < 0)
			return code;
	}
	if (mine)
		return 0;
	return opening ? err_set(err, ERR_CONFLICT, "a sync is not open yet, it may be the one that is asked for")
	               : err_set(err, ERR_NOT_FOUND, "no sync has this connection as its CRM, and this object");
}
