/*
 * breaker: turns field by field, as JSON: {"City": [side plus one of the last change, turns, since when]}.
 */
#include "sync/breaker.h"

#include "codec/json.h"
#include "lib/limits.h"

static const int64_t window_ms = INT64_C(60) * 60 * 1000;

struct turns {
	int64_t side, count, since_ms;
};

bool breaker_lets_through(const struct staged *s)
{
	return s->wish != WISH_NONE || s->priority == STAGED_PERSON || s->door == DOOR_RETRY;
}

void breaker_reset(struct link *link)
{
	link->turn_fields = link->stopped_why = STR_EMPTY;
}

static struct json *read_all(struct arena *arena, struct str text)
{
	struct err ignored = ERR_INIT;
	struct json *ret = NULL;

	if (text.len == 0 || json_parse(arena, text, &ret, &ignored) < 0 || ret->kind != JSON_OBJECT)
		return json_new(arena, JSON_OBJECT);
	return ret;
}

static struct turns turns_of(const struct json *all, struct str field)
{
	const struct json *row = json_get_str(all, field);

	return (struct turns) { json_int(json_at(row, 0), 0), json_int(json_at(row, 1), 0),
		                json_int(json_at(row, 2), 0) };
}

static void keep(struct arena *arena, struct json *all, struct str field, const struct turns *t)
{
	struct json *row = json_new(arena, JSON_ARRAY);

	json_append(row, json_new_int(arena, t->side));
	json_append(row, json_new_int(arena, t->count));
	json_append(row, json_new_int(arena, t->since_ms));
	json_set(all, field, row);
}

static struct turns turn(struct turns t, const struct moving *moving, int64_t now_ms)
{
	int64_t side = (int64_t)moving->from + 1;

	if (t.side && (moving->put_back || t.side != side)) {
		if (t.count == 0 || now_ms - t.since_ms > window_ms)
			t = (struct turns) { .since_ms = now_ms };
		t.count++;
	}
	t.side = side;
	return t;
}

static struct str text_of(struct arena *arena, const struct json *all)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_PAYLOAD);

	json_write(&text, all);
	ensure(buf_ok(&text));
	return arena_str(arena, buf_str(&text));
}

ptrdiff_t breaker_turn(struct arena *arena, struct link *link, const struct moving *moving, size_t count,
                       int64_t turns_max, int64_t now_ms, bool *ret_turned)
{
	struct json *all = read_all(arena, link->turn_fields);
	ptrdiff_t ret = -1;

	*ret_turned = false;
	for (size_t i = 0; i < count; i++) {
		struct turns was = turns_of(all, moving[i].field), now = turn(was, &moving[i], now_ms);

		*ret_turned = *ret_turned || now.side != was.side || now.count != was.count;
		keep(arena, all, moving[i].field, &now);
		if (turns_max > 0 && now.count > turns_max && ret < 0)
			ret = (ptrdiff_t)i;
	}
	if (*ret_turned)
		link->turn_fields = text_of(arena, all);
	return ret;
}

struct str breaker_reason(struct arena *arena, const struct plan *plan, struct str field)
{
	return arena_printf(
	        arena,
	        "%.*s changed back and forth between %.*s and %.*s too often: something in one of them (a rule, "
	        "a flow) undoes what the other one sends. Mend that, then retry this payload",
	        STR_ARG(field), STR_ARG(plan->emr_name), STR_ARG(plan->crm_name));
}
