/*
 * parts: what a patient has: insurances (their own route), orders and tasks (lists of the whole company with PatientId). Their
 * writable members are in model.c; ids, dates and names of payers come from here.
 */
#include "sandbox/niko/niko.h"

#include "lib/clock.h"

const char *const part_names[PART_COUNT] = {
	[PART_INSURANCE] = "insurance",
	[PART_ORDER] = "order",
	[PART_TASK] = "task",
};

static const struct {
	size_t shelf, next; /* offsets in struct niko */
	const struct shape *shape;
} kinds[PART_COUNT] = {
	[PART_INSURANCE] = { offsetof(struct niko, insurances), offsetof(struct niko, next_insurance),
	                     &insurance_shape },
	[PART_ORDER] = { offsetof(struct niko, orders), offsetof(struct niko, next_order), &order_shape },
	[PART_TASK] = { offsetof(struct niko, tasks), offsetof(struct niko, next_task), &task_shape },
};

struct shelf *part_shelf(struct niko *niko, unsigned kind)
{
	return (struct shelf *)(void *)((char *)niko + kinds[kind].shelf);
}

static struct str free_id(struct niko *niko, struct arena *arena, unsigned kind)
{
	int64_t *next = (int64_t *)(void *)((char *)niko + kinds[kind].next);
	struct str id;

	do
		id = arena_printf(arena, "%lld", (long long)(*next)++);
	while (shelf_find(part_shelf(niko, kind), id));
	return id;
}

static void add_text(struct arena *arena, struct json *row, const char *key, struct str text)
{
	json_add(row, str_of(key), json_new_text(arena, text));
}

static void take(struct json *from, struct json *to, const char *key)
{
	struct json *member = json_get(from, key);

	if (!member)
		return;
	json_remove(from, str_of(key));
	json_add(to, str_of(key), member);
}

static struct str now(struct arena *arena)
{
	return arena_printf(arena, "%.19sZ", clock_rfc3339(arena, clock_wall_ms()).at);
}

static struct json *verification(struct arena *arena, const struct json *old)
{
	struct json *info;

	if (json_get(old, "VerificationInfo"))
		return json_copy(arena, json_get(old, "VerificationInfo"));
	info = json_new(arena, JSON_OBJECT);
	json_add(info, STR("VerifiedBy"), json_new(arena, JSON_NULL));
	json_add(info, STR("VerifiedDate"), json_new(arena, JSON_NULL));
	json_add(info, STR("Verified"), json_new_bool(arena, false));
	return info;
}

/* The row as it is kept. `old`: what it replaces, or NULL. */
static struct json *finish_insurance(struct arena *arena, struct str id, struct json *written, const struct json *old)
{
	struct json *row = json_new(arena, JSON_OBJECT);
	struct str created = json_get_text(old, "CreatedDate");

	add_text(arena, row, "Id", id);
	add_text(arena, row, "DisplayId", arena_printf(arena, "INS-%.*s", STR_ARG(id)));
	take(written, row, "Status");
	take(written, row, "PositionIndex");
	json_add(row, STR("Payer"), company_payer(arena, json_get_text(written, "PayerId")));
	take(written, row, "PolicyNumber");
	add_text(arena, row, "CreatedDate", created.len ? created : now(arena));
	json_add(row, STR("VerificationInfo"), verification(arena, old));
	return row;
}

/* "Order type by display number prefix: SO sales, PO point of sale, RO resupply." */
static struct str order_number(struct arena *arena, struct str id, struct str type)
{
	return arena_printf(arena, "%cO-%.*s", type.len ? type.at[0] : 'S', STR_ARG(id));
}

static struct json *finish_order(struct arena *arena, struct str id, struct json *written, const struct json *old)
{
	struct json *row = json_new(arena, JSON_OBJECT);

	(void)old;
	add_text(arena, row, "Id", id);
	add_text(arena, row, "DisplayId", order_number(arena, id, json_get_text(written, "Type")));
	if (!json_get_text(written, "CreatedDate").len)
		json_set(written, STR("CreatedDate"), json_new_text(arena, now(arena)));
	while (written->first)
		take(written, row, arena_text(arena, written->first->key));
	return row;
}

static struct json *finish_task(struct arena *arena, struct str id, struct json *written, const struct json *old)
{
	struct json *row = finish_order(arena, id, written, old);

	json_remove(row, STR("DisplayId"));
	return row;
}

static struct json *(*const finishers[PART_COUNT])(struct arena *arena, struct str id, struct json *written,
                                                   const struct json *old) = {
	[PART_INSURANCE] = finish_insurance,
	[PART_ORDER] = finish_order,
	[PART_TASK] = finish_task,
};

static void check_references(struct niko *niko, struct reading *r, struct str patient, const struct json *written)
{
	struct str payer = json_get_text(written, "PayerId"), location = json_get_text(written, "LocationId");

	if (patient.len && !shelf_find(&niko->patients, patient))
		shape_complain(r, STR("PatientId"), "Patient not found");
	if (payer.len && !company_payer(r->arena, payer))
		shape_complain(r, STR("PayerId"), "Payer not found");
	if (location.len && !company_location(r->arena, location))
		shape_complain(r, STR("LocationId"), "Location not found");
}

bool part_save(struct niko *niko, struct reading *r, unsigned kind, struct shelf_row *row, struct str id,
               struct str patient, const struct json *body, struct shelf_row **ret)
{
	struct json *written = shape_read(r, kinds[kind].shape, body);

	if (kind != PART_INSURANCE)
		patient = json_get_text(written, "PatientId");
	check_references(niko, r, patient, written);
	if (!row && id.len && shelf_find(part_shelf(niko, kind), id))
		shape_complain(r, STR("Id"), "There is such a record already");
	if (r->error_count)
		return false;
	if (row) {
		shelf_write(row, finishers[kind](r->arena, row->id, written, shelf_read(row, r->arena)));
	} else {
		id = id.len ? id : free_id(niko, r->arena, kind);
		row = shelf_add(part_shelf(niko, kind), id, patient, finishers[kind](r->arena, id, written, NULL));
	}
	*ret = row;
	return true;
}

/* ---- the API ---- */

static void write_one(struct niko *niko, unsigned kind, struct request *request, struct answer *answer)
{
	const struct shelf_row *row = shelf_find(part_shelf(niko, kind), request_param(request, "id"));

	if (row)
		niko_write(niko, request->arena, shelf_read(row, request->arena), &answer->body);
	else
		niko_fail(answer, 404, "Not found");
}

void list_orders(void *state, struct request *request, struct answer *answer)
{
	const struct niko *niko = state;

	niko_write_page(niko, request, answer, niko->orders.rows, niko->orders.count, NULL);
}

void get_order(void *state, struct request *request, struct answer *answer)
{
	write_one(state, PART_ORDER, request, answer);
}

void list_tasks(void *state, struct request *request, struct answer *answer)
{
	const struct niko *niko = state;

	niko_write_page(niko, request, answer, niko->tasks.rows, niko->tasks.count, NULL);
}

void get_task(void *state, struct request *request, struct answer *answer)
{
	write_one(state, PART_TASK, request, answer);
}

void list_insurances(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	struct str patient = request_param(request, "id");
	struct shelf_row **rows, *row = shelf_first_of(&niko->insurances, patient);
	size_t count = 0;

	if (!shelf_find(&niko->patients, patient)) {
		niko_fail(answer, 404, "Patient not found");
		return;
	}
	for (const struct shelf_row *at = row; at; at = at->same_owner)
		count++;
	rows = arena_new_array(request->arena, struct shelf_row *, count + 1);
	for (size_t i = 0; i < count; i++, row = row->same_owner)
		rows[i] = row;
	niko_write_page(niko, request, answer, rows, count, NULL);
}

void add_insurance(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	struct str patient = request_param(request, "id");
	const struct json *body = niko_body(request, answer);
	struct reading reading = niko_reading(niko, request->arena);
	struct shelf_row *row;

	if (!body)
		return;
	if (!shelf_find(&niko->patients, patient)) {
		niko_fail(answer, 404, "Patient not found");
		return;
	}
	if (!part_save(niko, &reading, PART_INSURANCE, NULL, STR_EMPTY, patient, body, &row)) {
		niko_refuse(answer, &reading);
		return;
	}
	niko_emit(niko, "Insurance", "Created", row, true);
	answer->status = (int)niko->settings.create_status;
	niko_write(niko, request->arena, shelf_read(row, request->arena), &answer->body);
}
