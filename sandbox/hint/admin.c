/*
 * admin: what a person in Hint, or a test, does behind the API's back. Bodies are JSON.
 *
 *	GET    /__admin/world              what an import of the starting state must do (sandbox/world.h)
 *	POST   /__admin/reset              forgets all patients and the log of webhooks; keys, endpoints and settings stay
 *	POST   /__admin/load               {"patients":[{"id"?,..}]}, or a list of bodies as for /__admin/create; no events
 *	POST   /__admin/edit               {"object":"patient","id","fields"}: events are sent, updated_at moves
 *	POST   /__admin/create             {"object":"patient","id"?,"fields"}: as edit; seeds may set created_at, archived, ...
 *	POST   /__admin/delete             {"id","hard"?}: archives (patient.destroyed), or erases
 *	POST   /__admin/merge              {"loser","survivor"}
 *	GET    /__admin/malformed          [{"id","kind"}]
 *	POST   /__admin/malformed          {"id","kind"}: bad_utf8, truncated_number, wrong_type, bad_date
 *	DELETE /__admin/malformed?id=      mends one, or all without id
 *	GET    /__admin/settings           see `settings` below
 *	POST   /__admin/settings           some of them
 *	POST   /__admin/code               {"code"?}: an authorization code as the practice's admin page shows it
 */
#include "sandbox/hint/hint.h"

#include "codec/digest.h"
#include "sandbox/hint/webhooks.h"
#include "sandbox/world.h"

static const struct world *the_world;

void hint_set_world(const struct world *world)
{
	the_world = world;
}

void admin_world(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	if (the_world)
		world_write(the_world, &answer->body);
	else
		buf_add_c(&answer->body, "null");
}

/* ---- patients ---- */

void hint_dump(void *state, struct buf *out)
{
	struct hint *hint = state;

	patients_sort(hint);
	buf_add_c(out, "{\"patients\":[");
	for (size_t i = 0; i < hint->count; i++) {
		buf_add_c(out, i ? ",\n" : "\n");
		patient_write(hint, hint->patients[i], out);
	}
	buf_add_c(out, "]}\n");
}

static int save(struct hint *hint, struct patient *p, const struct json *body, struct patient **ret, struct err *err)
{
	const struct json *fields = json_get(body, "fields");
	struct str object = json_get_text(body, "object");

	if (object.len && !str_eq_nocase(object, STR("patient")))
		return err_set(err, ERR_USAGE, "object '%.*s' is not known; Hint has patient", STR_ARG(object));
	if (!fields || fields->kind != JSON_OBJECT)
		return err_set(err, ERR_USAGE, "\"fields\" must be an object");
	return patient_save(hint, p, p ? STR_EMPTY : json_get_text(body, "id"), fields, MAY_PERSON, ret, err);
}

static struct patient *find(struct hint *hint, const struct json *body, const char *key, struct err *err)
{
	struct str id = json_get_text(body, key);
	struct patient *p = patients_find(hint, id);

	if (!p)
		err_set(err, ERR_NOT_FOUND, "no patient '%.*s'", STR_ARG(id));
	return p;
}

/* Also called for each seed, before the server runs: an endpoint that could hear of it is not there yet. */
int hint_create(void *state, const struct json *body, struct buf *out, struct err *err)
{
	struct patient *p;

	if (save(state, NULL, body, &p, err) < 0)
		return err->code;
	webhooks_patient(state, "patient.created", p, false);
	buf_printf(out, "{\"id\":\"%.*s\"}", STR_ARG(p->id));
	return 0;
}

static bool is_inactive(const struct patient *p)
{
	return str_eq_c(packed_get(&p->values, F_MEMBERSHIP_STATUS), "\"inactive\"");
}

int hint_edit(void *state, const struct json *body, struct buf *out, struct err *err)
{
	struct hint *hint = state;
	struct patient *p = find(hint, body, "id", err);
	uint64_t before = hint->version;
	bool was_inactive;

	if (!p)
		return err->code;
	was_inactive = is_inactive(p);
	if (save(hint, p, body, &p, err) < 0)
		return err->code;
	if (hint->version != before)
		webhooks_patient(hint, "patient.updated", p, false);
	if (!was_inactive && is_inactive(p))
		webhooks_patient(hint, "patient.inactive", p, false);
	patient_write(hint, p, out);
	return 0;
}

int hint_remove(void *state, const struct json *body, struct buf *out, struct err *err)
{
	struct hint *hint = state;
	struct patient *p = find(hint, body, "id", err);

	if (!p)
		return err->code;
	if (!p->archived)
		patient_archive(hint, p);
	webhooks_patient(hint, "patient.destroyed", p, false);
	if (json_bool(json_get(body, "hard"), false))
		patients_erase(hint, p);
	buf_add_c(out, "{}");
	return 0;
}

static void fail(struct answer *answer, const struct err *err)
{
	hint_fail(answer, err->code == ERR_NOT_FOUND ? 404 : 400, err->text);
}

static int load_one(void *state, const struct json *body, struct err *err)
{
	struct patient *p;

	return save(state, NULL, body, &p, err);
}

void admin_load(void *state, struct request *request, struct answer *answer)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct world_sinks sinks = { .hint_context = state, .hint = load_one };
	struct json *body, *world = json_new(&arena, JSON_OBJECT);
	struct err err = ERR_INIT;

	if (request_json(request, &body, &err) < 0) {
		fail(answer, &err);
		return;
	}
	if (!json_get(body, "hint"))
		json_set(world, STR("hint"), body);
	if (world_load(json_get(body, "hint") ? body : world, &sinks, &err) < 0)
		fail(answer, &err);
	else
		buf_printf(&answer->body, "{\"patients\":%zu}", ((struct hint *)state)->count);
}

void admin_reset(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	hint_forget_patients(state);
	webhooks_forget(state);
	buf_add_c(&answer->body, "{}");
}

/* The loser stays readable by id, archived, with a pointer to the survivor; its record id is free again. */
void admin_merge(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	struct err err = ERR_INIT;
	const struct json *body = hint_body(request, answer);
	struct patient *loser = body ? find(hint, body, "loser", &err) : NULL;
	struct patient *survivor = loser ? find(hint, body, "survivor", &err) : NULL;
	SCOPED(buf) struct buf text = BUF_INIT(65536);
	struct json *fields;

	if (!survivor) {
		if (body)
			fail(answer, &err);
		return;
	}
	buf_printf(&text,
	           "{\"integration_record_id\":null,\"merged_into\":{\"id\":\"%.*s\",\"name\":", STR_ARG(survivor->id));
	patient_write_name(hint, survivor, &text);
	buf_add_c(&text, "}}");
	if (json_parse(request->arena, buf_str(&text), &fields, &err) < 0 ||
	    patient_save(hint, loser, STR_EMPTY, fields, MAY_PERSON, &loser, &err) < 0) {
		fail(answer, &err);
		return;
	}
	patient_archive(hint, loser);
	survivor->updated_us = hint_stamp(hint);
	hint->version++;
	webhooks_patient(hint, "patient.updated", loser, false);
	webhooks_patient(hint, "patient.updated", survivor, false);
	webhooks_patient(hint, "patient.destroyed", loser, false);
	patient_write(hint, loser, &answer->body);
}

/* ---- broken rows ---- */

void admin_malformed(void *state, struct request *request, struct answer *answer)
{
	const struct hint *hint = state;
	const char *comma = "";

	(void)request;
	buf_add_char(&answer->body, '[');
	for (size_t i = 0; i < hint->count; i++) {
		const struct patient *p = hint->patients[i];

		if (!p->malformed)
			continue;
		buf_printf(&answer->body, "%s{\"id\":\"%.*s\",\"kind\":\"%s\"}", comma, STR_ARG(p->id),
		           malformed_name(p->malformed));
		comma = ",";
	}
	buf_add_char(&answer->body, ']');
}

void admin_break(void *state, struct request *request, struct answer *answer)
{
	struct err err = ERR_INIT;
	const struct json *body = hint_body(request, answer);
	struct patient *p = body ? find(state, body, "id", &err) : NULL;
	enum malformed kind = malformed_of(json_get_text(body, "kind"));

	if (!body)
		return;
	if (p && kind == MALFORMED_KINDS)
		err_set(&err, ERR_USAGE, "\"kind\" is bad_utf8, truncated_number, wrong_type or bad_date");
	if (!p || kind == MALFORMED_KINDS) {
		fail(answer, &err);
		return;
	}
	p->malformed = (uint8_t)kind;
	admin_malformed(state, request, answer);
}

/* Mending is an edit at the source: the row counts as changed. */
void admin_mend(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	struct str id = request_query(request, "id");

	for (size_t i = 0; i < hint->count; i++) {
		struct patient *p = hint->patients[i];

		if (!p->malformed || (id.len && !str_eq(id, p->id)))
			continue;
		p->malformed = MALFORMED_NOT;
		p->updated_us = hint_stamp(hint);
		hint->version++;
		webhooks_patient(hint, "patient.updated", p, false);
	}
	admin_malformed(state, request, answer);
}

/* ---- settings ---- */

enum setting_kind { SETTING_NUMBER, SETTING_REAL, SETTING_SWITCH };

/* Of the state itself or of its webhooks. To add one: a row here. */
static const struct {
	const char *name;
	enum setting_kind kind;
	bool of_hooks;
	size_t at;
} settings[] = {
	{ "rate", SETTING_REAL, false, offsetof(struct hint, pace.rate) },          /* calls a second; 0: no limit */
	{ "daily", SETTING_NUMBER, false, offsetof(struct hint, pace.daily) },      /* calls a day; 0: no limit */
	{ "active", SETTING_SWITCH, false, offsetof(struct hint, active) },         /* the connection */
	{ "sbx", SETTING_SWITCH, false, offsetof(struct hint, sbx) },               /* "sbx-" before ids and keys */
	{ "gzip", SETTING_SWITCH, false, offsetof(struct hint, gzip) },             /* off: see after() of hint.c */
	{ "retry_ms", SETTING_NUMBER, true, offsetof(struct hooks, retry_ms) },     /* between two attempts */
	{ "backoff", SETTING_REAL, true, offsetof(struct hooks, backoff) },         /* 2: each wait is doubled */
	{ "timeout_ms", SETTING_NUMBER, true, offsetof(struct hooks, timeout_ms) }, /* of one attempt */
	{ "duplicate", SETTING_SWITCH, true, offsetof(struct hooks, duplicate) },   /* every delivery twice */
	{ "reorder", SETTING_SWITCH, true, offsetof(struct hooks, reorder) },       /* neighbours change places */
	{ "loss", SETTING_REAL, true, offsetof(struct hooks, unreliable.loss) },    /* shares of the deliveries */
	{ "repeat", SETTING_REAL, true, offsetof(struct hooks, unreliable.repeat) },
	{ "overtaken", SETTING_REAL, true, offsetof(struct hooks, unreliable.reorder) },
	{ "overtaken_ms", SETTING_NUMBER, true, offsetof(struct hooks, unreliable.reorder_ms) },
	{ "late", SETTING_REAL, true, offsetof(struct hooks, unreliable.late) },
	{ "late_ms", SETTING_NUMBER, true, offsetof(struct hooks, unreliable.late_ms) },
	{ "seed", SETTING_NUMBER, true, offsetof(struct hooks, unreliable.seed) },
	{ "unmute_self_webhooks", SETTING_SWITCH, true, offsetof(struct hooks, unmute_self) },
	{ "webhooks_waiting", SETTING_NUMBER, true, offsetof(struct hooks, waiting) }, /* only to be read */
};

static void *place_of(struct hint *hint, size_t i)
{
	return (settings[i].of_hooks ? (char *)hint->hooks : (char *)hint) + settings[i].at;
}

void admin_settings(void *state, struct request *request, struct answer *answer)
{
	struct buf *out = &answer->body;

	(void)request;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const void *at = place_of(state, i);

		buf_printf(out, "%s\"%s\":", i ? "," : "{", settings[i].name);
		if (settings[i].kind == SETTING_REAL)
			buf_printf(out, "%g", *(const double *)at);
		else if (settings[i].kind == SETTING_NUMBER)
			buf_printf(out, "%lld", (long long)*(const int64_t *)at);
		else
			buf_add_c(out, *(const bool *)at ? "true" : "false");
	}
	buf_add_char(out, '}');
}

static bool take_setting(struct hint *hint, const struct json *member)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		void *at = place_of(hint, i);

		if (!str_eq_c(member->key, settings[i].name))
			continue;
		if (settings[i].kind == SETTING_SWITCH)
			*(bool *)at = json_bool(member, *(bool *)at);
		else if (settings[i].kind == SETTING_NUMBER)
			*(int64_t *)at = json_int(member, *(int64_t *)at);
		else if (!str_to_double(json_text(member), at))
			return false;
		return true;
	}
	return false;
}

void admin_set(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	const struct json *body = hint_body(request, answer);

	if (!body)
		return;
	JSON_EACH (body, member) {
		if (take_setting(hint, member))
			continue;
		hint_fail(answer, 400, "no such setting, or not a number");
		return;
	}
	hint->pace.level = MIN_OF(hint->pace.level, MAX_OF(hint->pace.rate, 1.0));
	webhooks_wake(hint);
	admin_settings(hint, request, answer);
}

void admin_code(void *state, struct request *request, struct answer *answer)
{
	SCOPED(buf) struct buf text = BUF_INIT(100);
	struct err err = ERR_INIT;
	struct json *body = NULL;
	unsigned char bytes[10];

	if (request->body.len && request_json(request, &body, &err) < 0) {
		fail(answer, &err);
		return;
	}
	buf_add(&text, json_get_text(body, "code"));
	digest_random(bytes, sizeof(bytes));
	if (!text.len)
		digest_hex(&text, str_range((const char *)bytes, sizeof(bytes)));
	hint_add_code(state, buf_str(&text));
	buf_add_c(&answer->body, "{\"code\":");
	json_write_string(&answer->body, buf_str(&text));
	buf_add_char(&answer->body, '}');
}
