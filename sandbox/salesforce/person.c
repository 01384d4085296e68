/*
 * person: what people do in the vendor's pages besides creating, editing and deleting one record (seed.c).
 *
 *	POST /__admin/merge      {"winner","loser" or "losers":[..],"fields"?}: Contact or Account, fields of the winner
 *	POST /__admin/undelete   {"id"}
 *	POST /__admin/batch      {"object","ids":[..],"fields"}: the same edit of many records in one transaction
 *	POST /__admin/expire     every access token dies
 */
#include "sandbox/salesforce/handlers.h"

#include "sandbox/salesforce/changes.h"
#include "sandbox/salesforce/record.h"
#include "sandbox/salesforce/render.h"

#define LOSERS_MAX 2 /* three records in a merge (section 4.3) */

/* A record by id, whatever its object. */
struct found {
	struct object *object;
	uint32_t number;
};

static struct found find(const struct org *org, struct str id)
{
	struct found found = { .object = org_object_of_id(org, id), .number = NO_ROW };

	if (found.object)
		found.number = rows_find(found.object, id);
	return found;
}

static bool is_live(struct found found)
{
	return found.number != NO_ROW && !row_at(found.object, found.number)->deleted;
}

static void copy_cells(const struct found *found, struct str cells[FIELDS_MAX])
{
	const struct row *row = row_at(found->object, found->number);

	for (unsigned i = 0; i < found->object->field_count; i++)
		cells[i] = row_cell(row, i);
}

static void set_cell(struct org *org, struct found found, const struct field *field, struct str value)
{
	struct str cells[FIELDS_MAX];

	copy_cells(&found, cells);
	cells[field->number] = value;
	rows_update(org, found.object, found.number, cells, org->person_user);
}

/* ---- edits ---- */

static bool apply(struct org *org, struct found found, const struct json *fields, struct answer *answer)
{
	struct problems problems = PROBLEMS_INIT(answer->arena);
	struct draft draft;

	draft_init(&draft, org, found.object, answer->arena, DRAFT_PERSON);
	draft.problems = &problems;
	if (fields)
		draft_read(&draft, fields);
	if (record_update(&draft, found.number, org->person_user))
		return true;
	fail_admin(answer,
	           arena_printf(answer->arena, "%s: %.*s", problems.at[0].code, STR_ARG(problems.at[0].message)).at);
	return false;
}

void manage_batch(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	const struct json *body = body_of(request, answer);
	struct object *object = org_object(org, json_get_text(body, "object"));
	bool fine = object != NULL;

	if (!body)
		return;
	if (!fine)
		fail_admin(answer, "no such \"object\"");
	origin_set_person(org);
	rows_begin(org);
	JSON_EACH (json_get(body, "ids"), id) {
		struct found found = { object, fine ? rows_find(object, json_text(id)) : NO_ROW };

		if (!fine)
			break;
		fine = is_live(found) && apply(org, found, json_get(body, "fields"), answer);
		if (!fine && answer->status == 200)
			fail_admin(answer, "one of \"ids\" is no record");
	}
	rows_end(org, fine);
	org_commit(org);
	if (fine)
		buf_add_c(&answer->body, "{}");
}

/* ---- merge ---- */

struct merge {
	struct org *org;
	struct found winner;
	struct found losers[LOSERS_MAX];
	size_t count;
};

/* Whoever pointed to the loser points to the winner. */
static void move_children(const struct merge *merge, struct str loser, struct str winner, struct object *child,
                          const struct field *field)
{
	for (uint32_t i = 0; i < child->row_count; i++) {
		const struct row *row = row_at(child, i);

		if (!row->deleted && str_eq(row_cell(row, field->number), loser))
			set_cell(merge->org, (struct found) { child, i }, field, winner);
	}
}

static void move_all(const struct merge *merge, struct str loser, struct str winner)
{
	for (size_t i = 0; i < merge->org->object_count; i++) {
		struct object *child = merge->org->objects[i];

		for (unsigned f = 0; f < child->field_count; f++) {
			const struct field *field = &child->fields[f];

			if (field->type == TYPE_REFERENCE && field->source == SOURCE_STORED && field->reference_to &&
			    str_eq_c(str_of(field->reference_to), merge->winner.object->name))
				move_children(merge, loser, winner, child, field);
		}
	}
}

/* One event, DELETE: that the loser also learns who won belongs to it. */
static void end_loser(const struct merge *merge, struct found loser)
{
	const struct field *master = object_field(loser.object, STR("MasterRecordId"));
	char winner_id[ID_LONG + 1], loser_id[ID_LONG + 1];

	id_long(row_at(merge->winner.object, merge->winner.number)->id, winner_id);
	id_long(row_at(loser.object, loser.number)->id, loser_id);
	move_all(merge, str_of(loser_id), str_of(winner_id));
	changes_mute(merge->org, true);
	set_cell(merge->org, loser, master, str_of(winner_id));
	changes_mute(merge->org, false);
	rows_delete(merge->org, loser.object, loser.number, merge->org->person_user);
}

static bool add_loser(struct merge *merge, struct str id)
{
	struct found loser = find(merge->org, id);

	if (!is_live(loser) || loser.object != merge->winner.object || loser.number == merge->winner.number ||
	    merge->count == LOSERS_MAX)
		return false;
	merge->losers[merge->count++] = loser;
	return true;
}

static bool read_merge(struct merge *merge, const struct json *body)
{
	bool fine = true;

	merge->winner = find(merge->org, json_get_text(body, "winner"));
	if (!is_live(merge->winner) || !object_field(merge->winner.object, STR("MasterRecordId")))
		return false;
	if (json_get(body, "loser"))
		fine = add_loser(merge, json_get_text(body, "loser"));
	JSON_EACH (json_get(body, "losers"), id)
		fine = fine && add_loser(merge, json_text(id));
	return fine && merge->count > 0;
}

void manage_merge(void *state, struct request *request, struct answer *answer)
{
	struct merge merge = { .org = state };
	const struct json *body = body_of(request, answer);
	bool fine;

	if (!body)
		return;
	if (!read_merge(&merge, body)) {
		fail_admin(answer,
		           "\"winner\" and one or two losers must be live records of one object that can be merged");
		return;
	}
	origin_set_person(merge.org);
	rows_begin(merge.org);
	for (size_t i = 0; i < merge.count; i++)
		end_loser(&merge, merge.losers[i]);
	fine = apply(merge.org, merge.winner, json_get(body, "fields"), answer);
	rows_end(merge.org, fine);
	org_commit(merge.org);
	if (fine)
		render_record(&answer->body, merge.org, STR("v62.0"), merge.winner.object,
		              row_at(merge.winner.object, merge.winner.number), NULL, 0);
}

/* ---- undelete ---- */

/* A unique value that somebody else has taken meanwhile. */
static const struct field *taken_value(struct found found)
{
	for (unsigned i = 0; i < found.object->field_count; i++) {
		const struct field *field = &found.object->fields[i];
		struct str value = row_cell(row_at(found.object, found.number), i);
		uint32_t other;

		if (field->flags & FIELD_UNIQUE && field->index && value.len > 0 &&
		    rows_lookup(found.object, field, value, &other, 1) > 0)
			return field;
	}
	return NULL;
}

/* Contacts that went with their account come back with it. */
static void undelete_contacts(struct org *org, struct found account, uint32_t deleted_at)
{
	const struct field *parent = object_field(org->contact, STR("AccountId"));
	struct str id = str_range(row_at(account.object, account.number)->id, ID_SHORT);

	for (uint32_t i = 0; i < org->contact->row_count; i++) {
		const struct row *row = row_at(org->contact, i);

		if (row->deleted && row->modified == deleted_at && str_starts(row_cell(row, parent->number), id))
			rows_undelete(org, org->contact, i, org->person_user);
	}
}

void manage_undelete(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	const struct json *body = body_of(request, answer);
	struct found found = find(org, json_get_text(body, "id"));
	uint32_t deleted_at;

	if (!body)
		return;
	if (found.number == NO_ROW || is_live(found)) {
		fail_admin(answer, "no deleted record with this id");
		return;
	}
	if (taken_value(found)) {
		fail_admin(answer, "DUPLICATE_VALUE: another record has taken a unique value");
		return;
	}
	origin_set_person(org);
	deleted_at = row_at(found.object, found.number)->modified;
	rows_undelete(org, found.object, found.number, org->person_user);
	if (found.object == org->account)
		undelete_contacts(org, found, deleted_at);
	org_commit(org);
	render_record(&answer->body, org, STR("v62.0"), found.object, row_at(found.object, found.number), NULL, 0);
}

void manage_expire(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	auth_expire_all(state);
	buf_add_c(&answer->body, "{}");
}
