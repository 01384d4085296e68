#include "sync/realtime.h"

#include <string.h>

#include "sync/catalog_docs.h"

static void set_bool(struct arena *arena, struct json *body, const char *name, const bool *value, bool fallback)
{
	if (!value)
		return;
	if (*value == fallback)
		(void)json_remove(body, str_of(name));
	else
		json_set(body, str_of(name), json_new_bool(arena, *value));
}

static struct json *copy_of(struct arena *arena, const struct json *value)
{
	struct json *copy = json_copy(arena, value);

	copy->next = NULL;
	return copy;
}

static void set_event(struct arena *arena, struct json *body, struct str event, bool on)
{
	struct json *off = json_new(arena, JSON_ARRAY);

	if (event.len == 0)
		return;
	JSON_EACH (json_get(body, "events_off"), name) {
		if (!str_eq(json_text(name), event))
			json_append(off, copy_of(arena, name));
	}
	if (!on)
		json_append(off, json_new_text(arena, event));
	if (off->count > 0)
		json_set(body, STR("events_off"), off);
	else
		(void)json_remove(body, STR("events_off"));
}

static void set_mapping(struct arena *arena, struct json *body, const bool *own)
{
	if (!own)
		return;
	if (!*own)
		(void)json_remove(body, STR("live_mapping"));
	else if (!json_get(body, "live_mapping"))
		json_set(body, STR("live_mapping"), copy_of(arena, json_get(body, "mapping")));
}

static int set_removal(struct arena *arena, struct json *body, const char *name, struct str word, struct err *err)
{
	const bool of_emr = strcmp(name, "on_emr_delete") == 0;

	if (word.len == 0)
		return 0;
	if (!str_eq_c(word, "unlink") && !str_eq_c(word, "flag") && !(of_emr && str_eq_c(word, "delete")))
		return err_set(err, ERR_DATA, "%s takes unlink%s", name, of_emr ? ", flag or delete" : " or flag");
	json_set(body, str_of(name), json_new_text(arena, word));
	return 0;
}

int realtime_change(struct engine *engine, struct str sync, const struct realtime_change *change, const char *why,
                    struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct sync_docs docs;
	struct json *body;

	if (catalog_read_sync(engine, &arena, sync, &docs, err) < 0)
		return err_pass(err);
	body = copy_of(&arena, docs.sync);
	set_bool(&arena, body, "real_time", change->enabled, true);
	set_bool(&arena, body, "paused", change->paused, false);
	set_bool(&arena, body, "stream", change->listen, true);
	set_event(&arena, body, change->event, change->event_on);
	set_mapping(&arena, body, change->own_mapping);
	if (set_removal(&arena, body, "on_emr_delete", change->on_emr_delete, err) < 0 ||
	    set_removal(&arena, body, "on_crm_delete", change->on_crm_delete, err) < 0)
		return err_pass(err);
	return catalog_write_sync(engine, docs.name, body, why, err);
}
