/* web_health: is it up, and does it work? For supervisors, load balancers and people. */
#include "web/web_internal.h"

#include "codec/json.h"
#include "lib/limits.h"

static bool is_here(struct str peer)
{
	return str_starts(peer, STR("127.")) || str_eq(peer, STR("::1")) || str_starts(peer, STR("::ffff:127."));
}

/* A proxy on this machine asks from here for somebody who is elsewhere. */
static bool came_through_proxy(const struct http_asked *asked)
{
	return http_asked_header(asked, "X-Forwarded-For").at || http_asked_header(asked, "Forwarded").at;
}

bool web_for_house(const struct web *web, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	if (web->options.admin_address || (is_here(asked->peer) && !came_through_proxy(asked)))
		return true;
	http_reply_error(ret, arena, 404, "not_found", "there is nothing here", NULL);
	return false;
}

void web_health(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	if (web_for_house(context, asked, arena, ret))
		http_reply_json(ret, STR("{\"healthy\":true}"));
}

static void reply(struct http_reply *ret, struct arena *arena, const struct json *answer, bool ready)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_REPORT);

	json_write(&text, answer);
	http_reply_json(ret, arena_str(arena, buf_str(&text)));
	ret->status = ready ? 200 : 503;
}

static void add_missing(struct json *missing, struct arena *arena, const char *what, struct str name, struct str why)
{
	struct json *row = json_new(arena, JSON_OBJECT);

	json_set(row, str_of(what), json_new_text(arena, name));
	json_set(row, STR("why"), json_new_text(arena, why));
	json_append(missing, row);
}

void web_ready(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	struct web *web = context;
	struct json *answer = json_new(arena, JSON_OBJECT), *missing = json_new(arena, JSON_ARRAY);
	struct live_sync *syncs;
	struct err err = ERR_INIT;
	size_t count = 0;

	if (!web_for_house(web, asked, arena, ret))
		return;
	if (live_state(web->options.live, arena, &syncs, &count, &err) < 0)
		add_missing(missing, arena, "part", STR("store"), str_of(err.text));
	for (size_t i = 0; i < count; i++) {
		if (!syncs[i].ready && !syncs[i].paused)
			add_missing(missing, arena, "sync", syncs[i].name,
			            syncs[i].trouble.len ? syncs[i].trouble : STR("signing in"));
	}
	json_set(answer, STR("ready"), json_new_bool(arena, missing->count == 0));
	json_set(answer, STR("syncs"), json_new_int(arena, (int64_t)count));
	json_set(answer, STR("missing"), missing);
	reply(ret, arena, answer, missing->count == 0);
}
