/*
 * patients: the set of patients and what the API does with one.
 *
 *	POST, PUT -> chart_save: shape_read (blank what is missing) -> chart_rewrite -> rules -> finish (Id, Location) -> shelf
 */
#include "sandbox/niko/niko.h"

#include "lib/clock.h"

/* ---- save ---- */

static void check_rules(const struct niko *niko, struct reading *r, const struct json *patient)
{
	const struct json *status = json_get(patient, "Status");

	if (r->lenient || niko->settings.any_reason || !str_eq_c(json_get_text(status, "Status"), "Inactive"))
		return;
	if (!json_get_text(status, "DcDate").len)
		shape_complain(r, STR("Status.DcDate"), "Required for an inactive patient");
	if (!json_get_text(status, "InactiveStatus").len)
		shape_complain(r, STR("Status.InactiveStatus"), "Required for an inactive patient");
}

/* The full model as it is kept: ids in front, the location in the place of its id. */
static struct json *finish(struct arena *arena, struct str id, struct json *written, const struct json *location)
{
	struct json *full = json_new(arena, JSON_OBJECT), *member;
	int64_t number = 0;

	str_to_i64(id, &number);
	json_add(full, STR("Id"), json_new_text(arena, id));
	json_add(full, STR("DisplayId"),
	         json_new_text(arena,
	                       number < NIKO_FIRST_NUMBER
	                               ? id
	                               : arena_printf(arena, "%lld", (long long)(number - NIKO_FIRST_NUMBER + 1))));
	while ((member = written->first)) {
		struct str key = member->key;

		json_remove(written, key);
		if (str_eq_c(key, "LocationId"))
			json_add(full, STR("Location"), json_copy(arena, location));
		else
			json_add(full, key, member);
	}
	return full;
}

static struct str free_id(struct niko *niko, struct arena *arena)
{
	struct str id;

	do
		id = arena_printf(arena, "%lld", (long long)niko->next_patient++);
	while (shelf_find(&niko->patients, id));
	return id;
}

bool chart_save(struct niko *niko, struct reading *r, struct shelf_row *row, struct str id, const struct json *body,
                struct shelf_row **ret)
{
	struct json *written = shape_read(r, &patient_shape, body), *full;
	struct str location_id = json_get_text(written, "LocationId");
	const struct json *location = company_location(r->arena, location_id);

	chart_rewrite(r, written);
	check_rules(niko, r, written);
	if (!location && location_id.len)
		shape_complain(r, STR("LocationId"), "Location not found");
	if (!location && r->lenient)
		location = company_location(r->arena, company_location_id(0));
	if (!row && id.len && shelf_find(&niko->patients, id))
		shape_complain(r, STR("Id"), "There is such a patient already");
	if (r->error_count)
		return false;
	if (row)
		id = row->id;
	else if (!id.len)
		id = free_id(niko, r->arena);
	full = finish(r->arena, id, written, location);
	if (row)
		shelf_write(row, full);
	else
		row = shelf_add(&niko->patients, id, STR_EMPTY, full);
	*ret = row;
	return true;
}

/* ---- merge ---- */

static void merge_into(struct arena *arena, struct json *at, const struct json *changes);

static void merge_member(struct arena *arena, struct json *at, struct str key, const struct json *value)
{
	ptrdiff_t dot = str_find_char(key, '.');
	struct json *part = json_get_str(at, dot < 0 ? key : str_range(key.at, (size_t)dot));

	if (dot < 0 && !(part && part->kind == JSON_OBJECT && value->kind == JSON_OBJECT)) {
		json_set(at, key, json_copy(arena, value));
		return;
	}
	if (!part || part->kind != JSON_OBJECT) {
		part = json_new(arena, JSON_OBJECT);
		json_set(at, str_range(key.at, (size_t)dot), part);
	}
	if (dot < 0)
		merge_into(arena, part, value);
	else
		merge_member(arena, part, str_skip(key, (size_t)dot + 1), value);
}

static void merge_into(struct arena *arena, struct json *at, const struct json *changes)
{
	JSON_EACH (changes, change)
		merge_member(arena, at, change->key, change);
}

struct json *chart_merged(struct arena *arena, const struct shelf_row *row, const struct json *changes)
{
	struct json *body = row ? shelf_read(row, arena) : json_new(arena, JSON_OBJECT);
	struct str location;

	merge_into(arena, body, changes);
	location = json_get_text(json_get(body, "Location"), "Id");
	if (location.len && !json_get(body, "LocationId"))
		json_set(body, STR("LocationId"), json_new_text(arena, location));
	json_remove(body, STR("Id"));
	json_remove(body, STR("DisplayId"));
	json_remove(body, STR("Location"));
	return body;
}

/* ---- the API ---- */

static struct shelf_row *wanted(struct niko *niko, struct request *request, struct answer *answer)
{
	struct shelf_row *row = shelf_find(&niko->patients, request_param(request, "id"));

	if (!row)
		niko_fail(answer, 404, "Patient not found");
	return row;
}

static void write_full(const struct niko *niko, struct arena *arena, const struct shelf_row *row, struct buf *out)
{
	struct json *full = shelf_read(row, arena), *general = json_get(full, "General");
	struct str ssn = json_get_text(general, "Ssn");

	if (niko->settings.mask_ssn && ssn.len > 4)
		json_set(general, STR("Ssn"),
		         json_new_text(arena, arena_printf(arena, "*****%.*s", 4, ssn.at + ssn.len - 4)));
	niko_write(niko, arena, full, out);
}

void niko_get(void *state, struct request *request, struct answer *answer)
{
	const struct shelf_row *row = wanted(state, request, answer);

	if (row)
		write_full(state, request->arena, row, &answer->body);
}

static void reply_bare(const struct niko *niko, struct request *request, const struct shelf_row *row,
                       struct answer *answer)
{
	(void)request;
	if (niko->settings.number_ids)
		buf_add(&answer->body, row->id);
	else
		json_write_string(&answer->body, row->id);
}

static void reply_id(const struct niko *niko, struct request *request, const struct shelf_row *row,
                     struct answer *answer)
{
	buf_add_c(&answer->body, "{\"Id\":");
	reply_bare(niko, request, row, answer);
	buf_add_char(&answer->body, '}');
}

static void reply_full(const struct niko *niko, struct request *request, const struct shelf_row *row,
                       struct answer *answer)
{
	write_full(niko, request->arena, row, &answer->body);
}

static void reply_empty(const struct niko *niko, struct request *request, const struct shelf_row *row,
                        struct answer *answer)
{
	(void)niko;
	answer_header(answer, "Location", arena_printf(request->arena, NIKO_API "/patients/%.*s", STR_ARG(row->id)));
}

/* "The full model as above, or only an id": which of them is not documented, so the tenant says (settings). */
static const struct {
	const char *word;
	void (*reply)(const struct niko *niko, struct request *request, const struct shelf_row *row,
	              struct answer *answer);
} replies[] = {
	{ "full", reply_full },
	{ "id", reply_id },
	{ "bare", reply_bare },
	{ "empty", reply_empty },
};

void niko_post(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	const struct json *body = niko_body(request, answer);
	struct reading reading = niko_reading(niko, request->arena);
	struct shelf_row *row;

	if (!body)
		return;
	if (!chart_save(niko, &reading, NULL, STR_EMPTY, body, &row)) {
		niko_refuse(answer, &reading);
		return;
	}
	niko_emit(niko, "Patient", "Created", row, true);
	answer->status = (int)niko->settings.create_status;
	for (size_t i = 0; i < ARRAY_LEN(replies); i++)
		if (str_eq_c(niko->settings.post_reply, replies[i].word))
			replies[i].reply(niko, request, row, answer);
}

void niko_put(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	struct shelf_row *row = wanted(niko, request, answer);
	const struct json *body = row ? niko_body(request, answer) : NULL;
	struct reading reading = niko_reading(niko, request->arena);

	if (!body)
		return;
	if (niko->settings.put_merges)
		body = chart_merged(request->arena, row, body);
	if (!chart_save(niko, &reading, row, STR_EMPTY, body, &row)) {
		niko_refuse(answer, &reading);
		return;
	}
	niko_emit(niko, "Patient", "Updated", row, true);
	if (str_eq_c(niko->settings.put_reply, "empty"))
		answer->status = 204;
	else
		write_full(niko, request->arena, row, &answer->body);
}

void chart_remove(struct niko *niko, struct shelf_row *row)
{
	for (unsigned kind = 0; kind < PART_COUNT; kind++)
		shelf_remove_of(part_shelf(niko, kind), row->id);
	shelf_remove(&niko->patients, row);
}

void niko_delete(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	struct shelf_row *row = wanted(niko, request, answer);

	if (!row)
		return;
	if (niko->settings.keep_with_orders && shelf_first_of(&niko->orders, row->id)) {
		niko_fail(answer, 409, "The patient has orders");
		return;
	}
	niko_emit(niko, "Patient", "Deleted", row, true);
	chart_remove(niko, row);
	answer->status = 204;
}

/* ---- list ---- */

/* Date filters exist, but no source names one for patients (API notes 10): the tenant's settings may. */
static bool changed_since(const struct niko *niko, struct request *request, int64_t *ret_ms)
{
	struct str name = niko->settings.modified_filter;

	return name.len && clock_parse(request_query(request, arena_text(request->arena, name)), ret_ms);
}

void niko_list(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	struct shelf_row **rows = niko->patients.rows;
	size_t count = niko->patients.count, kept = 0;
	int64_t since;

	if (changed_since(niko, request, &since)) {
		rows = arena_new_array(request->arena, struct shelf_row *, count + 1);
		for (size_t i = 0; i < count; i++)
			if (niko->patients.rows[i]->changed_ms >= since)
				rows[kept++] = niko->patients.rows[i];
		count = kept;
	}
	niko_write_page(niko, request, answer, rows, count, chart_short);
}
