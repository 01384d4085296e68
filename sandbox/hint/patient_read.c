/*
 * patient_read: what a caller sends, laid over what a patient says. One reader a kind of field; each gives finished JSON text or
 * the words of a refusal. The server's own rewriting happens here: phone types in small letters and of four kinds, names of
 * states as two letters (API reference, "Value normalisation").
 *
 *	patient_save -> patient_read -> readers -> note_consents -> check_required, check_unique -> stamps and indexes
 */
#include "sandbox/hint/hint.h"

#include <string.h>

#include "lib/clock.h"
#include "sandbox/people.h"
#include "sandbox/people/tables.h"
#include "sandbox/people/years.h"

enum { TEXT_MAX = 5000, JSON_MAX = 30000, RECORD_ID_MAX = 64 };

struct reading {
	struct hint *hint;
	struct arena *arena;
	struct values *values;
	struct err *err;
};

/* "first_name" -> "First name", as Hint's messages have it. */
static int refuse(const struct reading *r, enum field field, const char *what)
{
	char name[64];
	struct str key = field_rows[field].name;

	memcpy(name, key.at, key.len + 1);
	name[0] = (char)(name[0] - 32);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = ' ';
	return err_set(r->err, ERR_DATA, "Validation failed: %s %s", name, what);
}

static struct str quoted(struct arena *arena, struct str text)
{
	SCOPED(buf) struct buf out = BUF_INIT((size_t)1 << 20);

	json_write_string(&out, text);
	return arena_str(arena, buf_str(&out));
}

static struct str written(struct arena *arena, const struct json *j)
{
	SCOPED(buf) struct buf out = BUF_INIT((size_t)1 << 20);

	json_write(&out, j);
	return arena_str(arena, buf_str(&out));
}

static int read_text(struct reading *r, enum field field, const struct json *j)
{
	if (j->kind == JSON_NULL || (j->kind == JSON_STRING && !j->text.len)) {
		r->values->at[field] = field_rows[field].fallback;
		return 0;
	}
	if (j->kind != JSON_STRING && j->kind != JSON_NUMBER)
		return refuse(r, field, "is invalid");
	if (j->text.len > TEXT_MAX)
		return refuse(r, field, "is too long (maximum is 5000 characters)");
	r->values->at[field] = quoted(r->arena, j->text);
	return 0;
}

static int read_date(struct reading *r, enum field field, const struct json *j)
{
	if (j->kind != JSON_NULL && (j->kind != JSON_STRING || (j->text.len && !years_is_date(j->text))))
		return refuse(r, field, "is invalid");
	r->values->at[field] = json_text(j).len ? quoted(r->arena, j->text) : STR("null");
	return 0;
}

static int read_bool(struct reading *r, enum field field, const struct json *j)
{
	if (j->kind != JSON_TRUE && j->kind != JSON_FALSE && j->kind != JSON_NULL)
		return refuse(r, field, "is invalid");
	r->values->at[field] = j->kind == JSON_TRUE ? STR("true") : STR("false");
	return 0;
}

static int read_state(struct reading *r, enum field field, const struct json *j)
{
	int result = read_text(r, field, j);

	if (result == 0 && j->kind == JSON_STRING && j->text.len)
		r->values->at[field] = quoted(r->arena, state_code(j->text));
	return result;
}

static int read_json(struct reading *r, enum field field, const struct json *j)
{
	r->values->at[field] = written(r->arena, j);
	return r->values->at[field].len > JSON_MAX ? refuse(r, field, "is too long") : 0;
}

/* ---- phones ---- */

static struct str phone_type(struct arena *arena, struct str type)
{
	static const struct {
		const char *typed, *kept;
	} types[] = {
		{ "h", "home" },
		{ "home phone", "home" },
		{ "m", "mobile" },
		{ "mobile phone", "mobile" },
		{ "cell", "mobile" },
		{ "cellphone", "mobile" },
		{ "cell phone", "mobile" },
		{ "cellular", "mobile" },
		{ "w", "office" },
		{ "work", "office" },
		{ "work phone", "office" },
		{ "business", "office" },
		{ "business phone", "office" },
		{ "company", "office" },
		{ "company phone", "office" },
	};
	char *small = arena_text(arena, type);

	for (char *c = small; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(small, types[i].typed) == 0)
			return str_of(types[i].kept);
	return str_of(small);
}

static bool is_ten_digits(struct str number)
{
	for (size_t i = 0; i < number.len; i++)
		if (number.at[i] < '0' || number.at[i] > '9')
			return false;
	return number.len == 10;
}

static void write_phone(struct arena *arena, const struct json *phone, struct buf *out)
{
	struct str number = json_get_text(phone, "number");

	buf_add_c(out, "{\"number\":");
	json_write_string(out, number);
	buf_add_c(out, ",\"type\":");
	json_write_string(out, phone_type(arena, json_get_text(phone, "type")));
	buf_add_c(out, is_ten_digits(number) ? ",\"us_formattable\":true}" : ",\"us_formattable\":false}");
}

/* A list replaces the whole list. */
static int read_phones(struct reading *r, enum field field, const struct json *j)
{
	SCOPED(buf) struct buf out = BUF_INIT(JSON_MAX);
	bool first = true;

	if (j->kind != JSON_ARRAY && j->kind != JSON_NULL)
		return refuse(r, field, "is invalid");
	buf_add_char(&out, '[');
	JSON_EACH (j, phone) {
		if (phone->kind != JSON_OBJECT || !json_get_text(phone, "number").len)
			return refuse(r, field, "number can't be blank");
		if (!first)
			buf_add_char(&out, ',');
		first = false;
		write_phone(r->arena, phone, &out);
	}
	buf_add_char(&out, ']');
	if (!buf_ok(&out))
		return refuse(r, field, "is too long");
	r->values->at[field] = arena_str(r->arena, buf_str(&out));
	return 0;
}

/* ---- nested ---- */

static void write_pair(struct buf *out, const char *lead, struct str text)
{
	buf_add_c(out, lead);
	if (text.len)
		json_write_string(out, text);
	else
		buf_add_c(out, "null");
}

/* Both shapes of the request: one `name`, or `first_name` and `last_name`. */
static int read_emergency(struct reading *r, enum field field, const struct json *j)
{
	SCOPED(buf) struct buf out = BUF_INIT(JSON_MAX);
	struct str first = json_get_text(j, "first_name"), last = json_get_text(j, "last_name"),
	           name = json_get_text(j, "name");
	struct str id = json_get_text(j, "id");
	const struct json *phone = json_get(j, "phone");

	if (j->kind != JSON_OBJECT && j->kind != JSON_NULL)
		return refuse(r, field, "is invalid");
	r->values->at[field] = STR("null");
	if (j->kind == JSON_NULL)
		return 0;
	if (first.len || last.len)
		name = str_trim(arena_printf(r->arena, "%.*s %.*s", STR_ARG(first), STR_ARG(last)));
	else if (name.len)
		str_split(&(struct str) { name.at, name.len }, ' ', &first);
	if (!last.len && name.len > first.len)
		last = str_trim(str_skip(name, first.len));
	if (!id.len)
		id = people_id(r->arena, "emc-", str_hash(name), 1);
	write_pair(&out, "{\"id\":", id);
	write_pair(&out, ",\"first_name\":", first);
	write_pair(&out, ",\"last_name\":", last);
	write_pair(&out, ",\"name\":", name);
	write_pair(&out, ",\"email\":", json_get_text(j, "email"));
	write_pair(&out, ",\"relationship\":", json_get_text(j, "relationship"));
	write_pair(&out, ",\"relationship_other\":", json_get_text(j, "relationship_other"));
	buf_add_c(&out, ",\"phone\":");
	if (phone && phone->kind == JSON_OBJECT)
		write_phone(r->arena, phone, &out);
	else
		buf_add_c(&out, "null");
	buf_add_char(&out, '}');
	if (!buf_ok(&out))
		return refuse(r, field, "is too long");
	r->values->at[field] = arena_str(r->arena, buf_str(&out));
	return 0;
}

static int read_ssn(struct reading *r, enum field field, const struct json *j)
{
	struct str number = json_get_text(j, "number");
	char digits[10];
	size_t len = 0;

	if (j->kind == JSON_NULL) {
		r->values->at[field] = STR("null");
		return 0;
	}
	if (!json_get(j, "number")) /* a masked number that comes back with a whole record says nothing new */
		return 0;
	for (size_t i = 0; i < number.len; i++)
		if (number.at[i] >= '0' && number.at[i] <= '9' && len < sizeof(digits))
			digits[len++] = number.at[i];
	if (len != 9)
		return refuse(r, field, "number is invalid");
	r->values->at[field] = quoted(r->arena, str_range(digits, len));
	return 0;
}

/* {"id": ..} of the practice's lists; kept as a number in the list. */
static int read_reference(struct reading *r, enum field field, const struct json *j, int (*find)(struct str id))
{
	int index = find(json_get_text(j, "id"));

	if (j->kind != JSON_NULL && index < 0)
		return refuse(r, field, "must exist");
	r->values->at[field] = j->kind == JSON_NULL ? STR("null") : arena_printf(r->arena, "%d", index);
	return 0;
}

static int read_practitioner(struct reading *r, enum field field, const struct json *j)
{
	return read_reference(r, field, j, practice_find_practitioner);
}

static int read_location(struct reading *r, enum field field, const struct json *j)
{
	return read_reference(r, field, j, practice_find_location);
}

static int read_lead_source(struct reading *r, enum field field, const struct json *j)
{
	return read_reference(r, field, j, practice_find_lead_source);
}

static int read_record_id(struct reading *r, enum field field, const struct json *j)
{
	struct str id = json_text(j);

	for (size_t i = 0; i < id.len; i++) {
		char c = id.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
		      c == '_'))
			return refuse(r, field, "is invalid");
	}
	if (id.len > RECORD_ID_MAX)
		return refuse(r, field, "is too long (maximum is 64 characters)");
	return read_text(r, field, j);
}

/* ---- all of them ---- */

typedef int read_fn(struct reading *r, enum field field, const struct json *j);

static read_fn *const readers[] = {
	[FIELD_TEXT] = read_text,
	[FIELD_DATE] = read_date,
	[FIELD_BOOL] = read_bool,
	[FIELD_STATE] = read_state,
	[FIELD_JSON] = read_json,
	[FIELD_PHONES] = read_phones,
	[FIELD_SSN] = read_ssn,
	[FIELD_EMERGENCY] = read_emergency,
	[FIELD_PRACTITIONER] = read_practitioner,
	[FIELD_LOCATION] = read_location,
	[FIELD_LEAD_SOURCE] = read_lead_source,
	[FIELD_RECORD_ID] = read_record_id,
	[FIELD_COMPUTED] = NULL,
	[FIELD_HIDDEN] = read_json,
};

/* Seeds name staff and places by a number (people/rows.c). */
static bool read_number(struct reading *r, const struct json *member)
{
	static const struct {
		const char *name;
		enum field field;
		struct str (*id_of)(unsigned number);
		int (*find)(struct str id);
	} numbers[] = {
		{ "practitioner_number", F_PRACTITIONER, practice_practitioner_id, practice_find_practitioner },
		{ "location_number", F_LOCATION, practice_location_id, practice_find_location },
		{ "lead_source_number", F_LEAD_SOURCE, practice_lead_source_id, practice_find_lead_source },
	};

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (!str_eq_c(member->key, numbers[i].name))
			continue;
		r->values->at[numbers[i].field] =
		        arena_printf(r->arena, "%d", numbers[i].find(numbers[i].id_of((unsigned)json_int(member, 1))));
		return true;
	}
	return false;
}

/* A box that gets ticked remembers when. */
static void note_consents(const struct reading *r, const struct json *fields, const struct values *before)
{
	static const enum field pairs[][2] = {
		{ F_CONSENT, F_CONSENT_AT },
		{ F_AGREEMENT, F_AGREEMENT_AT },
		{ F_TERMS, F_TERMS_AT },
		{ F_HIPAA, F_HIPAA_AT },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct str now = r->values->at[pairs[i][0]], old = before->at[pairs[i][0]];
		char stamp[33];

		if (!str_eq_c(now, "true") || str_eq_c(old, "true") ||
		    json_get_str(fields, field_rows[pairs[i][1]].name))
			continue;
		years_write_stamp(stamp, clock_wall_ms() * 1000);
		r->values->at[pairs[i][1]] = quoted(r->arena, str_of(stamp));
	}
}

int patient_read(struct hint *hint, const struct json *fields, unsigned may, struct values *values, struct arena *arena,
                 struct err *err)
{
	struct reading r = { hint, arena, values, err };
	struct values before = *values;

	JSON_EACH (fields, member) {
		enum field field = field_of(member->key);

		if (may == MAY_PERSON && read_number(&r, member))
			continue;
		if (field == FIELD_COUNT || !(field_rows[field].may & may))
			continue;
		if (readers[field_rows[field].kind](&r, field, member) < 0)
			return err->code;
	}
	note_consents(&r, fields, &before);
	return 0;
}

/* ---- save ---- */

static int check_required(const struct reading *r)
{
	static const enum field required[] = { F_FIRST_NAME, F_LAST_NAME };

	for (size_t i = 0; i < ARRAY_LEN(required); i++)
		if (!str_trim(value_text(r->arena, r->values->at[required[i]])).len)
			return refuse(r, required[i], "can't be blank");
	return 0;
}

static int check_unique(const struct reading *r, const struct patient *p, struct str record_id)
{
	const struct patient *owner = patients_find_record(r->hint, record_id);

	if (owner && owner != p)
		return err_set(r->err, ERR_CONFLICT, "Validation failed: Integration record has already been taken");
	return 0;
}

/* Seeds may say when; everybody else lives now. */
static int64_t stamp_of(struct hint *hint, const struct json *fields, const char *name, unsigned may, int64_t otherwise)
{
	int64_t us;

	if (may == MAY_PERSON && years_parse(json_get_text(fields, name), &us))
		return us;
	return otherwise ? otherwise : hint_stamp(hint);
}

/* Packs; true when that made a difference. */
static bool keep(struct hint *hint, struct patient *p, const struct values *values, struct arena *arena)
{
	struct str before = arena_str(arena, str_range((const char *)p->values.bytes, p->values.len));

	values_pack(&hint->arena, values, &p->values);
	return !str_eq(before, str_range((const char *)p->values.bytes, p->values.len));
}

static void note_sync(struct hint *hint, struct patient *p, struct values *values, struct arena *arena)
{
	int64_t ms = p->updated_us / 1000;
	struct str text = clock_rfc3339(arena, ms);

	values->at[F_LAST_SYNCED] =
	        arena_printf(arena, "\"%.*s%03uZ\"", (int)text.len - 1, text.at, (unsigned)(p->updated_us % 1000));
	values_pack(&hint->arena, values, &p->values);
}

static void set_archived(struct hint *hint, struct patient *p, const struct json *fields)
{
	bool archived = json_bool(json_get(fields, "archived"), p->archived);

	hint->archived = hint->archived + archived - p->archived;
	p->archived = archived;
}

int patient_save(struct hint *hint, struct patient *p, struct str id, const struct json *fields, unsigned may,
                 struct patient **ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct values values = { 0 };
	struct reading r = { hint, &arena, &values, err };
	struct packed copy = p ? p->values : (struct packed) { 0 };
	struct str record_id;
	bool fresh = !p;

	/* The patch is read over a copy: packing writes where the old values stand. */
	copy.bytes = (unsigned char *)arena_text(&arena, str_range((const char *)copy.bytes, copy.len));
	values_unpack(&copy, &values);
	if (fresh && id.len && map_get(&hint->by_id, id))
		return err_set(err, ERR_CONFLICT, "patient %.*s is there already", STR_ARG(id));
	if (patient_read(hint, fields, may, &values, &arena, err) < 0 || check_required(&r) < 0)
		return err->code;
	record_id = value_text(&arena, values.at[F_RECORD_ID]);
	if (check_unique(&r, p, record_id) < 0)
		return err->code;
	if (fresh)
		p = patients_add(hint, id);
	patients_link(hint, p, record_id);
	set_archived(hint, p, may == MAY_PERSON ? fields : NULL);
	if (keep(hint, p, &values, &arena) || fresh || json_get(fields, "updated_at")) {
		p->updated_us = stamp_of(hint, fields, "updated_at", may, 0);
		p->created_us = fresh ? stamp_of(hint, fields, "created_at", may, p->updated_us) : p->created_us;
		hint->version++;
		if (!fresh && may == MAY_API && record_id.len)
			note_sync(hint, p, &values, &arena);
	}
	*ret = p;
	return 0;
}
