/*
 * change_json: one change event as its subscribers see it (section 6.2). The header first, then the values: all of a new record,
 * the changed ones of an update, none of a deletion. Parts of a compound field stand inside it.
 */
#include "sandbox/salesforce/changes.h"

#include "codec/digest.h"

struct writer {
	struct buf *out;
	const struct org *org;
	const struct change *change;
	bool first;
};

static const char *const type_names[] = {
	[CHANGE_CREATE] = "CREATE",     [CHANGE_UPDATE] = "UPDATE",         [CHANGE_DELETE] = "DELETE",
	[CHANGE_UNDELETE] = "UNDELETE", [CHANGE_OVERFLOW] = "GAP_OVERFLOW",
};

bool change_channel_fits(struct str channel, const struct object *object)
{
	struct str prefix = STR("/data/");
	struct str name = str_of(object->name);

	if (!str_starts(channel, prefix))
		return false;
	channel = str_skip(channel, prefix.len);
	if (object->custom)
		name.len -= 1; /* Plan__c: Plan__ChangeEvent */
	return str_starts(channel, name) && str_eq(str_skip(channel, name.len), STR("ChangeEvent"));
}

static bool told(const struct change *change, unsigned field)
{
	const struct field *f = &change->object->fields[field];

	if (f->flags & FIELD_HIDDEN || f->source != SOURCE_STORED)
		return false;
	/* A checkbox is never null: false is a value of a new record too. */
	if (change->type != CHANGE_UPDATE && f->type == TYPE_BOOLEAN)
		return true;
	return change->changed[field / 64] >> field % 64 & 1;
}

/* "Street" of MailingStreet in MailingAddress; a part of Name keeps its name. */
static struct str part_name(const struct field *field)
{
	struct str name = str_of(field->name), compound = str_of(field->compound);

	if (!str_ends(compound, STR("Address")))
		return name;
	return str_skip(name, compound.len - STR("Address").len);
}

static void write_key(struct writer *w, struct str key)
{
	if (!w->first)
		buf_add_char(w->out, ',');
	w->first = false;
	json_write_string(w->out, key);
	buf_add_char(w->out, ':');
}

/* Datetimes end in Z here, unlike in the REST API. */
static void write_stamp(struct buf *out, struct str stamp)
{
	buf_add_char(out, '"');
	buf_add(out, str_range(stamp.at, MIN_OF(stamp.len, (size_t)23)));
	buf_add_c(out, "Z\"");
}

static void write_cell(struct writer *w, const struct field *field)
{
	struct str value = cells_text(w->change->cells, field->number);

	if (field->type == TYPE_BOOLEAN)
		buf_add_c(w->out, value.len ? "true" : "false");
	else if (value.len == 0)
		buf_add_c(w->out, "null");
	else if (field->type == TYPE_INT || field->type == TYPE_DOUBLE)
		buf_add(w->out, value);
	else if (field->type == TYPE_DATETIME)
		write_stamp(w->out, value);
	else
		json_write_string(w->out, value);
}

static bool same_compound(const struct field *a, const struct field *b)
{
	return a->compound && b->compound && str_eq_c(str_of(a->compound), b->compound);
}

/* Parts of one compound need not stand together: it is written where its first part stands. */
static bool compound_began(const struct change *change, unsigned field)
{
	for (unsigned i = 0; i < field; i++) {
		if (same_compound(&change->object->fields[i], &change->object->fields[field]) && told(change, i))
			return true;
	}
	return false;
}

static void write_compound(struct writer *w, unsigned from)
{
	const struct object *object = w->change->object;

	write_key(w, str_of(object->fields[from].compound));
	buf_add_char(w->out, '{');
	w->first = true;
	for (unsigned i = from; i < object->field_count; i++) {
		if (!same_compound(&object->fields[i], &object->fields[from]) || !told(w->change, i))
			continue;
		write_key(w, part_name(&object->fields[i]));
		write_cell(w, &object->fields[i]);
	}
	w->first = false;
	buf_add_char(w->out, '}');
}

/* A person's Account has a Name of its own besides the parts: only the parts are told. */
static bool made_of_parts(const struct change *change, const struct field *field)
{
	if (!(field->flags & FIELD_NAME))
		return false;
	for (unsigned i = 0; i < change->object->field_count; i++) {
		const struct field *part = &change->object->fields[i];

		if (part->compound && str_eq_c(str_of(part->compound), field->name) && told(change, i))
			return true;
	}
	return false;
}

static void write_values(struct writer *w)
{
	const struct object *object = w->change->object;

	for (unsigned i = 0; i < object->field_count; i++) {
		const struct field *field = &object->fields[i];

		if (!told(w->change, i) || made_of_parts(w->change, field))
			continue;
		if (!field->compound) {
			write_key(w, str_of(field->name));
			write_cell(w, field);
		} else if (!compound_began(w->change, i)) {
			write_compound(w, i);
		}
	}
}

static void write_user(struct writer *w, const char *key, uint32_t user)
{
	char id[ID_LONG + 1];

	id_long(row_at(w->org->user, user)->id, id);
	write_key(w, str_of(key));
	buf_printf(w->out, "\"%s\"", id);
}

static void write_time(struct writer *w, const char *key, uint32_t seconds)
{
	char stamp[32];

	stamp_write(seconds, stamp);
	write_key(w, str_of(key));
	write_stamp(w->out, str_of(stamp));
}

static void write_stamps(struct writer *w)
{
	const struct change *change = w->change;
	bool whole = change->type != CHANGE_UPDATE;

	if (whole) {
		write_time(w, "CreatedDate", change->created);
		write_user(w, "CreatedById", change->created_by);
	}
	write_time(w, "LastModifiedDate", change->modified);
	if (whole || change->by_changed)
		write_user(w, "LastModifiedById", change->modified_by);
}

/* ---- the header ---- */

static void write_ids(struct buf *out, const struct change *change)
{
	buf_add_c(out, ",\"recordIds\":[");
	if (change->whole)
		buf_printf(out, "\"%s*\"", change->object->prefix);
	for (uint32_t i = 0; i < change->id_count; i++) {
		char id[ID_LONG + 1];

		id_long(change->ids[i], id);
		buf_printf(out, "%s\"%s\"", i ? "," : "", id);
	}
	buf_add_char(out, ']');
}

static void write_changed(const struct writer *w)
{
	const struct change *change = w->change;
	const struct object *object = change->object;

	buf_add_c(w->out, ",\"changedFields\":[");
	for (unsigned i = 0; change->type == CHANGE_UPDATE && change->cells && i < object->field_count; i++) {
		const struct field *field = &object->fields[i];

		if (!told(change, i) || made_of_parts(change, field))
			continue;
		if (!field->compound)
			buf_printf(w->out, "\"%s\",", field->name);
		else if (w->org->settings.dotted)
			buf_printf(w->out, "\"%s.%.*s\",", field->compound, STR_ARG(part_name(field)));
		else if (!compound_began(change, i))
			buf_printf(w->out, "\"%s\",", field->compound);
	}
	if (change->type == CHANGE_UPDATE && change->cells)
		buf_add_c(w->out,
		          change->by_changed ? "\"LastModifiedDate\",\"LastModifiedById\"" : "\"LastModifiedDate\"");
	buf_add_c(w->out, "],\"nulledFields\":[],\"diffFields\":[]");
}

/* 002343d9-90e3-ed79-1f1e-3fa7bc9bd4b2 */
static void write_transaction(struct buf *out, const struct change *change)
{
	SCOPED(buf) struct buf hex = BUF_INIT(64);
	const char *at;

	digest_hex(&hex, str_range((const char *)change->key, sizeof(change->key)));
	at = buf_text(&hex);
	buf_printf(out, ",\"transactionKey\":\"%.8s-%.4s-%.4s-%.4s-%.12s\"", at, at + 8, at + 12, at + 16, at + 20);
}

static void write_header(struct writer *w)
{
	const struct change *change = w->change;
	char user[ID_LONG + 1];

	id_long(row_at(w->org->user, change->modified_by)->id, user);
	buf_printf(w->out, "\"ChangeEventHeader\":{\"entityName\":\"%s\"", change->object->name);
	write_ids(w->out, change);
	buf_printf(w->out, ",\"changeType\":\"%s%s\",\"changeOrigin\":", change->gap ? "GAP_" : "",
	           type_names[change->type]);
	json_write_string(w->out, str_of(change->origin));
	write_transaction(w->out, change);
	buf_printf(w->out,
	           ",\"sequenceNumber\":%u,\"commitTimestamp\":%lld,\"commitNumber\":%lld,\"commitUser\":\"%s\"",
	           change->sequence, (long long)change->commit_ms, (long long)change->commit_number, user);
	write_changed(w);
	buf_add_char(w->out, '}');
}

/* Stands for the layout of the event: another one for each object. */
static void write_schema(struct buf *out, const struct object *object)
{
	struct digest16 hash = digest_content(str_of(object->name));

	digest_base64url(out, str_range((const char *)hash.bytes, sizeof(hash.bytes)));
}

void change_write(struct buf *out, const struct org *org, const struct change *change)
{
	struct writer w = { .out = out, .org = org, .change = change };

	buf_add_c(out, "{\"schema\":\"");
	write_schema(out, change->object);
	buf_add_c(out, "\",\"payload\":{");
	write_header(&w);
	if (change->cells) {
		write_values(&w);
		write_stamps(&w);
	}
	buf_printf(out, "},\"event\":{\"replayId\":%lld}}", (long long)change->replay);
}
