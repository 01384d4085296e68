/* collections_read: many records of one object by id, in the order asked for; null for what is not there (section 2.6). */
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/render.h"

#define IDS_MAX 2000

struct reading {
	struct org *org;
	struct request *request;
	struct answer *answer;
	struct object *object;
	const struct field *fields[FIELDS_MAX];
	size_t field_count;
	size_t rows;
};

static bool want_field(struct reading *reading, struct str name)
{
	const struct field *field = object_field(reading->object, str_trim(name));

	if (!field) {
		fail(reading->answer, 400, "INVALID_FIELD", "No such column '%.*s' on entity '%s'", STR_ARG(name),
		     reading->object->name);
		return false;
	}
	if (reading->field_count < FIELDS_MAX)
		reading->fields[reading->field_count++] = field;
	return true;
}

static void read_row(struct reading *reading, struct str id)
{
	uint32_t number = rows_find(reading->object, id);
	struct buf *out = &reading->answer->body;

	buf_add_char(out, reading->rows++ ? ',' : '[');
	if (number == NO_ROW || row_at(reading->object, number)->deleted)
		buf_add_c(out, "null");
	else
		render_record(out, reading->org, version_of(reading->request), reading->object,
		              row_at(reading->object, number), reading->fields, reading->field_count);
}

static void end_reading(struct reading *reading)
{
	buf_add_c(&reading->answer->body, reading->rows ? "]" : "[]");
}

void collection_get(void *state, struct request *request, struct answer *answer)
{
	struct reading reading = { .org = state, .request = request, .answer = answer };
	struct str ids = request_query(request, "ids"), names = request_query(request, "fields"), part;

	reading.object = object_of(state, request, answer);
	if (!reading.object)
		return;
	if (ids.len == 0 || names.len == 0) {
		fail(answer, 400, "MISSING_ARGUMENT", "The ids and fields parameters are required");
		return;
	}
	while (names.len > 0 && str_split(&names, ',', &part)) {
		if (!want_field(&reading, part))
			return;
	}
	while (ids.len > 0 && str_split(&ids, ',', &part))
		read_row(&reading, str_trim(part));
	end_reading(&reading);
}

void collection_post(void *state, struct request *request, struct answer *answer)
{
	struct reading reading = { .org = state, .request = request, .answer = answer };
	struct json *body, *ids;

	reading.object = object_of(state, request, answer);
	if (!reading.object)
		return;
	body = body_of(request, answer);
	if (!body)
		return;
	ids = json_get(body, "ids");
	if (!ids || ids->count == 0 || ids->count > IDS_MAX || !json_get(body, "fields")) {
		fail(answer, 400, "INVALID_BATCH_SIZE", "ids must hold 1 to %d ids, fields at least one name", IDS_MAX);
		return;
	}
	JSON_EACH (json_get(body, "fields"), name) {
		if (!want_field(&reading, json_text(name)))
			return;
	}
	JSON_EACH (ids, id)
		read_row(&reading, json_text(id));
	end_reading(&reading);
}
