/*
 * A change event of Change Data Capture into our words. An event names one record or several that changed alike; what it holds
 * is what changed, so no event is a whole record: fields that are formulas never come, an empty field of a new record neither.
 *
 * Compound fields come nested ("Name": {"FirstName": ..}, "MailingAddress": {"City": ..}) while everything else of the API has
 * them flat (FirstName, MailingCity): record.json is the flat form. A long text that comes as a difference is left out.
 */
#include "connectors/salesforce/sf.h"

#include "connectors/answer.h"

/* To add a type of change: a row. `bare`: the event tells that something happened, not what. */
static const struct change {
	const char *type;
	enum event_kind kind;
	bool bare;
} changes[] = {
	{ "CREATE", EVENT_CHANGED, false },       { "UPDATE", EVENT_CHANGED, false },
	{ "UNDELETE", EVENT_CHANGED, false },     { "DELETE", EVENT_REMOVED, true },
	{ "GAP_CREATE", EVENT_CHANGED, true },    { "GAP_UPDATE", EVENT_CHANGED, true },
	{ "GAP_UNDELETE", EVENT_CHANGED, true },  { "GAP_DELETE", EVENT_REMOVED, true },
	{ "GAP_OVERFLOW", EVENT_OVERFLOW, true },
};

static const struct change *change_of(struct str type)
{
	static const struct change unknown = { "", EVENT_OTHER, true };

	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (str_eq_c(type, changes[i].type))
			return &changes[i];
	return &unknown;
}

struct event *sf_event_add(struct sf_events *out)
{
	struct event *longer;

	if (out->count == out->room) {
		out->room = out->room ? size_mul(out->room, 2) : 16;
		longer = arena_new_array(out->arena, struct event, out->room);
		for (size_t i = 0; i < out->count; i++)
			longer[i] = out->at[i];
		out->at = longer;
	}
	return &out->at[out->count++];
}

static bool listed(const struct json *names, struct str name)
{
	JSON_EACH (names, one)
		if (str_eq(json_text(one), name))
			return true;
	return false;
}

/* "Name" gives its members their own names, "MailingAddress" its stem: MailingCity. */
static struct str flat_name(struct arena *arena, struct str compound, struct str member)
{
	static const struct str address = { "Address", 7 };

	if (!str_ends(compound, address))
		return member;
	return arena_printf(arena, "%.*s%.*s", (int)(compound.len - address.len), compound.at, STR_ARG(member));
}

/* "MailingAddress.City" or "Phone" */
static struct str flat_path(struct arena *arena, struct str path)
{
	ptrdiff_t dot = str_find_char(path, '.');

	if (dot < 0)
		return path;
	return flat_name(arena, str_range(path.at, (size_t)dot), str_skip(path, (size_t)dot + 1));
}

static struct json *changed_members(struct arena *arena, const struct json *payload, const struct json *header)
{
	const struct json *diffs = json_get(header, "diffFields");
	struct json *members = json_new(arena, JSON_OBJECT);

	JSON_EACH (payload, one) {
		if (one == header || listed(diffs, one->key))
			continue;
		if (one->kind != JSON_OBJECT)
			json_set(members, one->key, json_copy(arena, one));
		else
			JSON_EACH (one, part)
				json_set(members, flat_name(arena, one->key, part->key), json_copy(arena, part));
	}
	JSON_EACH (json_get(header, "nulledFields"), nulled)
		json_set(members, flat_path(arena, json_text(nulled)), json_new(arena, JSON_NULL));
	return members;
}

static struct str event_id(struct arena *arena, const struct json *data, const struct json *header, struct str id)
{
	struct str transaction = json_get_text(header, "transactionKey");
	struct str sequence = json_get_text(header, "sequenceNumber");

	if (transaction.len && sequence.len)
		return arena_printf(arena, "%.*s:%.*s:%.*s", STR_ARG(transaction), STR_ARG(sequence), STR_ARG(id));
	sequence = json_text(json_walk(data, "event.replayId"));
	return sequence.len ? arena_printf(arena, "%.*s:%.*s", STR_ARG(sequence), STR_ARG(id)) : STR_EMPTY;
}

/* Everything but the record itself. */
static struct event *add_event(struct sf_events *out, const struct row *data, struct str object)
{
	const struct json *header = json_walk(data->json, "payload.ChangeEventHeader");
	struct str entity = json_get_text(header, "entityName");
	struct event *event = sf_event_add(out);

	*event = (struct event) {
		.kind = change_of(json_get_text(header, "changeType"))->kind,
		.name = json_get_text(header, "changeType"),
		.object = entity.len ? entity : object,
		.record = { .bytes = data->bytes,
		            .modified_ms = json_int(json_get(header, "commitTimestamp"), 0),
		            .modified_by = sf_id18(out->arena, json_get_text(header, "commitUser")) },
	};
	return event;
}

static void add_fault(struct sf_events *out, const struct row *data, struct str object, const char *fault)
{
	struct event *event = sf_event_add(out);

	*event = (struct event) { .kind = EVENT_CHANGED,
		                  .object = object,
		                  .record = { .bytes = data->bytes, .fault = fault } };
}

static void add_record(struct sf_events *out, const struct row *data, struct str object, const struct json *id,
                       const struct change *change)
{
	const struct json *payload = json_get(data->json, "payload");
	const struct json *header = json_get(payload, "ChangeEventHeader");
	struct event *event = add_event(out, data, object);
	struct json *members;

	/* "may be a wildcard 001* after a field-type conversion that lost data": any record may be meant. */
	if (str_ends(json_text(id), STR("*"))) {
		event->kind = EVENT_OVERFLOW;
		return;
	}
	event->record.id = sf_id18(out->arena, json_text(id));
	if (event->record.id.len == 0) {
		event->record.fault = "the event names a record id that is none";
		return;
	}
	members = change->bare ? json_new(out->arena, JSON_OBJECT) : changed_members(out->arena, payload, header);
	json_set(members, STR("Id"), json_new_text(out->arena, event->record.id));
	event->record.json = members;
	event->record.deleted = change->kind == EVENT_REMOVED;
	event->id = event_id(out->arena, data->json, header, event->record.id);
}

void sf_event_decode(struct sf_events *out, const struct row *data, struct str object)
{
	const struct json *header = json_walk(data->json, "payload.ChangeEventHeader");
	const struct json *ids = json_get(header, "recordIds");
	const struct change *change = change_of(json_get_text(header, "changeType"));

	if (data->fault || !header) {
		add_fault(out, data, object, data->fault ? data->fault : "the event has no ChangeEventHeader");
		return;
	}
	if (change->kind == EVENT_OVERFLOW || change->kind == EVENT_OTHER) {
		add_event(out, data, object);
		return;
	}
	if (!ids || ids->count == 0) {
		add_fault(out, data, object, "the event names no record");
		return;
	}
	JSON_EACH (ids, id)
		add_record(out, data, object, id, change);
}
