/*
 * admin: what a person in NikoHealth, or a test, does behind the API's back. Bodies are JSON.
 *
 *	GET  /__admin/state      {"patients":[full models],"insurances":[..],"orders":[..],"tasks":[..]}
 *	POST /__admin/edit       {"object":"patient","id","fields"}: fields are laid over the record, objects are merged, names may be
 *	                         dotted ("General.Name.FirstName"); events are sent. Objects: patient, insurance, order, task
 *	POST /__admin/create     {"object","id"?,"fields"}: nothing is required but PatientId of parts; events are sent
 *	POST /__admin/delete     {"object"?,"id"}: with everything the patient has
 *	POST /__admin/load       {"patients":[{"Id"?,..}],"orders":[..],..}: no events; may stand in {"nikohealth":..}
 *	POST /__admin/reset      forgets every record; tokens, subscriptions and settings stay
 *	GET  /__admin/settings   see `knobs` below
 *	POST /__admin/settings   some of them
 */
#include "sandbox/niko/niko.h"

/* ---- settings ---- */

#define OF(field) offsetof(struct niko, settings.field), NULL

static const struct knob knobs[] = {
	{ "rate", KNOB_REAL, offsetof(struct niko, pace.rate), NULL }, /* calls a second; 0: no limit */
	{ "retry_after", KNOB_COUNT, OF(retry_after) },     /* seconds in the header of a 429; 0: no header */
	{ "token_seconds", KNOB_COUNT, OF(token_seconds) }, /* life of the tokens given out from now on */
	{ "create_status", KNOB_COUNT, OF(create_status) }, /* of a POST that creates: 200 or 201 */
	{ "post_reply", KNOB_WORD, offsetof(struct niko, settings.post_reply), "full id bare empty" },
	{ "put_reply", KNOB_WORD, offsetof(struct niko, settings.put_reply), "full empty" },
	{ "put_merges", KNOB_SWITCH, OF(put_merges) },             /* what a PUT lacks stays */
	{ "refuse_unknown", KNOB_SWITCH, OF(refuse_unknown) },     /* unknown and read-only members are refused */
	{ "ignore_types", KNOB_SWITCH, OF(ignore_types) },         /* a value of the wrong type counts as blank */
	{ "any_words", KNOB_SWITCH, OF(any_words) },               /* enumerations take every text */
	{ "any_reason", KNOB_SWITCH, OF(any_reason) },             /* Inactive needs neither reason nor date */
	{ "number_ids", KNOB_SWITCH, OF(number_ids) },             /* ids are JSON numbers */
	{ "mask_ssn", KNOB_SWITCH, OF(mask_ssn) },                 /* all but four digits on read */
	{ "phones_list", KNOB_SWITCH, OF(phones_list) },           /* short row: Phones is an array */
	{ "active_flag", KNOB_SWITCH, OF(active_flag) },           /* short row: Active is a boolean */
	{ "keep_with_orders", KNOB_SWITCH, OF(keep_with_orders) }, /* DELETE of a patient with orders: 409 */
	{ "modified_filter", KNOB_TEXT, OF(modified_filter) },     /* name of a date filter of /patients; empty: none */
	{ "no_echo", KNOB_SWITCH, OF(no_echo) },                   /* no events for changes through the API */
	{ "hook_shape", KNOB_WORD, offsetof(struct niko, settings.hook_shape), "data flat" },
	{ "hook_header", KNOB_TEXT, OF(hook_header) }, /* header that carries the secret; empty: none */
	{ "hook_hmac", KNOB_SWITCH, OF(hook_hmac) },   /* it carries sha256=HMAC of the body instead */
	COURIER_KNOBS(struct niko, hooks),
};

void niko_admin_settings(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	knobs_write(knobs, ARRAY_LEN(knobs), state, &answer->body);
}

static void fail(struct answer *answer, const struct err *err)
{
	niko_fail(answer, err->code == ERR_NOT_FOUND ? 404 : 400, err->text);
}

void niko_admin_set(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	struct err err = ERR_INIT;
	const struct json *body = niko_body(request, answer);

	if (!body)
		return;
	if (knobs_take(knobs, ARRAY_LEN(knobs), niko, &niko->keep, body, &err) < 0)
		fail(answer, &err);
	else
		niko_admin_settings(niko, request, answer);
}

/* ---- records ---- */

/* The objects by the name that a person uses, and how events name them. The first is the patient, the others as parts.c has them. */
static const struct {
	const char *name, *list, *event;
} objects[] = {
	{ "insurance", "insurances", "Insurance" },
	{ "order", "orders", "Order" },
	{ "task", "tasks", "Task" },
	{ "patient", "patients", "Patient" },
};
enum { OBJECT_PATIENT = PART_COUNT, OBJECT_COUNT };

static struct shelf *shelf_of(struct niko *niko, unsigned object)
{
	return object == OBJECT_PATIENT ? &niko->patients : part_shelf(niko, object);
}

static int object_of(const struct json *body, unsigned *ret, struct err *err)
{
	struct str name = json_get_text(body, "object");

	*ret = OBJECT_PATIENT;
	for (unsigned i = 0; i < OBJECT_COUNT; i++) {
		if (str_eq_nocase(name, str_of(objects[i].name))) {
			*ret = i;
			return 0;
		}
	}
	return name.len ? err_set(err, ERR_USAGE, "no object '%.*s'; there are patient, insurance, order, task",
	                          STR_ARG(name))
	                : 0;
}

static struct shelf_row *row_of(struct niko *niko, unsigned object, const struct json *body, struct err *err)
{
	struct str id = json_get_text(body, "id");
	struct shelf_row *row = shelf_find(shelf_of(niko, object), id);

	if (!row)
		err_set(err, ERR_NOT_FOUND, "no %s '%.*s'", objects[object].name, STR_ARG(id));
	return row;
}

/* A kept row as a body: what the system made of an id becomes the id again. */
static struct json *merged(struct arena *arena, unsigned object, const struct shelf_row *row, const struct json *fields)
{
	struct json *body = chart_merged(arena, row, fields);
	struct str payer = json_get_text(json_get(body, "Payer"), "Id");

	if (object == PART_INSURANCE && payer.len && !json_get(body, "PayerId"))
		json_set(body, STR("PayerId"), json_new_text(arena, payer));
	return body;
}

static int save(struct niko *niko, unsigned object, struct shelf_row *row, struct str id, const struct json *fields,
                struct shelf_row **ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct reading reading = niko_reading(niko, &arena);
	const struct json *body, *error;
	bool ok;

	if (!fields || fields->kind != JSON_OBJECT)
		return err_set(err, ERR_USAGE, "\"fields\" must be an object");
	reading.refuse_unknown = false;
	reading.lenient = true;
	body = merged(&arena, object, row, fields);
	if (object == OBJECT_PATIENT)
		ok = chart_save(niko, &reading, row, id, body, ret);
	else
		ok = part_save(niko, &reading, object, row, id, json_get_text(body, "PatientId"), body, ret);
	error = json_at(reading.errors, 0);
	return ok ? 0
	          : err_set(err, ERR_DATA, "%.*s: %.*s", STR_ARG(json_get_text(error, "Field")),
	                    STR_ARG(json_get_text(error, "Message")));
}

int niko_create(void *state, const struct json *body, struct buf *out, struct err *err)
{
	struct shelf_row *row;
	unsigned object;

	if (object_of(body, &object, err) < 0 ||
	    save(state, object, NULL, json_get_text(body, "id"), json_get(body, "fields"), &row, err) < 0)
		return err->code;
	niko_emit(state, objects[object].event, "Created", row, false);
	buf_printf(out, "{\"id\":\"%.*s\"}", STR_ARG(row->id));
	return 0;
}

int niko_edit(void *state, const struct json *body, struct buf *out, struct err *err)
{
	struct shelf_row *row;
	unsigned object;

	if (object_of(body, &object, err) < 0 || !(row = row_of(state, object, body, err)) ||
	    save(state, object, row, row->id, json_get(body, "fields"), &row, err) < 0)
		return err->code;
	niko_emit(state, objects[object].event, "Updated", row, false);
	buf_add(out, str_range(row->text, row->len));
	return 0;
}

int niko_remove(void *state, const struct json *body, struct buf *out, struct err *err)
{
	struct niko *niko = state;
	struct shelf_row *row;
	unsigned object;

	if (object_of(body, &object, err) < 0 || !(row = row_of(niko, object, body, err)))
		return err->code;
	niko_emit(niko, objects[object].event, "Deleted", row, false);
	if (object == OBJECT_PATIENT)
		chart_remove(niko, row);
	else
		shelf_remove(shelf_of(niko, object), row);
	buf_add_c(out, "{}");
	return 0;
}

/* Of an insurance the API does not say whose it is; what can be loaded again must. */
static void dump_row(unsigned object, const struct shelf_row *row, struct buf *out)
{
	if (object == PART_INSURANCE)
		buf_printf(out, "{\"PatientId\":\"%.*s\",%s", STR_ARG(row->owner), row->text + 1);
	else
		buf_add(out, str_range(row->text, row->len));
}

void niko_dump(void *state, struct buf *out)
{
	for (unsigned n = 0; n < OBJECT_COUNT; n++) {
		unsigned object = (n + OBJECT_PATIENT) % OBJECT_COUNT; /* patients first */
		const struct shelf *shelf = shelf_of(state, object);

		buf_printf(out, "%s\"%s\":[", n ? "],\n" : "{", objects[object].list);
		for (size_t i = 0; i < shelf->count; i++) {
			buf_add_c(out, i ? ",\n" : "\n");
			dump_row(object, shelf->rows[i], out);
		}
	}
	buf_add_c(out, "]}\n");
}

int niko_load(struct niko *niko, const struct json *world, struct err *err)
{
	const struct json *own = json_get(world, "nikohealth");
	struct shelf_row *row;

	world = own ? own : world;
	for (unsigned n = 0; n < OBJECT_COUNT; n++) {
		unsigned object = (n + OBJECT_PATIENT) % OBJECT_COUNT;
		size_t number = 0;

		JSON_EACH (json_get(world, objects[object].list), record) {
			number++;
			if (save(niko, object, NULL, json_get_text(record, "Id"), record, &row, err) < 0)
				return err_wrap(err, "record %zu of %s", number, objects[object].list);
		}
	}
	return 0;
}

void niko_admin_load(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	struct err err = ERR_INIT;
	const struct json *body = niko_body(request, answer);

	if (!body)
		return;
	if (niko_load(niko, body, &err) < 0)
		fail(answer, &err);
	else
		buf_printf(&answer->body, "{\"patients\":%zu}", niko->patients.count);
}

void niko_admin_reset(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	niko_forget(state);
	courier_forget(((struct niko *)state)->courier);
	buf_add_c(&answer->body, "{}");
}
