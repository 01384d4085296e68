/*
 * patient_write: one row of the API. Values stand in the order of the answer, so a row is a walk over the fields; what Hint
 * makes up itself (name, age, whole practitioners for ids) comes from `computed`. Takes 1 to 2 us.
 */
#include "sandbox/hint/hint.h"

#include <string.h>

#include "lib/clock.h"
#include "sandbox/people/years.h"

struct writing {
	const struct hint *hint;
	const struct patient *p;
	const struct str *values; /* by field; at == NULL: default */
	int64_t now_us;
};

typedef void write_fn(const struct writing *w, enum field field, struct buf *out);

/* What stands between the quotes, still escaped; empty for null. */
static struct str inside(struct str json)
{
	return json.len >= 2 && json.at[0] == '"' ? str_range(json.at + 1, json.len - 2) : STR_EMPTY;
}

static void write_id(const struct writing *w, enum field field, struct buf *out)
{
	(void)field;
	json_write_string(out, w->p->id);
}

static void write_stamp(const struct writing *w, enum field field, struct buf *out)
{
	char stamp[33];

	years_write_stamp(stamp, field == F_CREATED_AT ? w->p->created_us : w->p->updated_us);
	buf_add_char(out, '"');
	buf_add_bytes(out, stamp, 32);
	buf_add_char(out, '"');
}

static void write_joined(const struct writing *w, enum field field, struct buf *out)
{
	char date[11];

	(void)field;
	years_write_date(date, w->p->created_us);
	buf_printf(out, "\"%s\"", date);
}

static void write_age(const struct writing *w, enum field field, struct buf *out)
{
	struct str dob = inside(w->values[F_DOB]);

	(void)field;
	if (dob.len)
		buf_printf(out, "%d", years_age(dob, w->now_us));
	else
		buf_add_c(out, "null");
}

static void write_name(const struct writing *w, enum field field, struct buf *out)
{
	static const enum field parts[] = { F_FIRST_NAME, F_MIDDLE_NAME, F_LAST_NAME, F_SUFFIX };
	const char *blank = "";

	(void)field;
	buf_add_char(out, '"');
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct str part = inside(w->values[parts[i]]);

		if (!part.len)
			continue;
		buf_add_c(out, blank);
		buf_add(out, part);
		blank = " ";
	}
	buf_add_char(out, '"');
}

static void write_link(const struct writing *w, enum field field, struct buf *out)
{
	(void)field;
	buf_add_c(out, "\"https://app.hint.com/patients/");
	buf_add(out, w->p->id);
	buf_add_char(out, '"');
}

static void write_account(const struct writing *w, enum field field, struct buf *out)
{
	buf_add_c(out, "{\"name\":");
	if (w->values[F_ACCOUNT_NAME].at)
		buf_add(out, w->values[F_ACCOUNT_NAME]);
	else
		write_name(w, field, out);
	buf_add_c(out, ",\"past_due_in_cents\":");
	buf_add(out, w->values[F_PAST_DUE].at ? w->values[F_PAST_DUE] : STR("0"));
	buf_add_char(out, '}');
}

static void write_company(const struct writing *w, enum field field, struct buf *out)
{
	struct str name = w->values[F_COMPANY_NAME];

	(void)field;
	if (!inside(name).len) {
		buf_add_c(out, "null");
		return;
	}
	buf_printf(out, "{\"id\":\"com-%012llx\",\"name\":", (unsigned long long)str_hash(name) & 0xffffffffffff);
	buf_add(out, name);
	buf_add_char(out, '}');
}

static int index_of(const struct writing *w, enum field field)
{
	struct str text = w->values[field];
	int64_t index;

	return text.at && str_to_i64(text, &index) ? (int)index : -1;
}

static void write_reference(const struct writing *w, enum field field, struct buf *out)
{
	int index = index_of(w, field);

	if (index < 0)
		buf_add_c(out, "null");
	else
		buf_add(out, field == F_PRACTITIONER ? practice_practitioner(index)
		             : field == F_LOCATION   ? practice_location(index)
		                                     : practice_lead_source(index));
}

static void write_group(const struct writing *w, enum field field, struct buf *out)
{
	bool has = index_of(w, field == F_LOCATION_GROUP ? F_LOCATION : F_PRACTITIONER) >= 0;

	buf_add(out, has ? practice_group() : STR("null"));
}

static void write_masked(const struct writing *w, enum field field, struct buf *out)
{
	struct str ssn = inside(w->values[field]);

	if (ssn.len == 9)
		buf_printf(out, "{\"masked_number\":\"***-**-%.4s\"}", ssn.at + 5);
	else
		buf_add_c(out, "null");
}

static bool is_member(const struct writing *w)
{
	static const char *const statuses[] = { "active", "pending", "unpaid" };

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (str_eq_c(inside(w->values[F_MEMBERSHIP_STATUS]), statuses[i]))
			return true;
	return false;
}

/* Both lists say the same of one membership; ids follow from the patient's. */
static void write_memberships(const struct writing *w, enum field field, struct buf *out)
{
	char date[11];
	struct str status = inside(w->values[F_MEMBERSHIP_STATUS]), tail = w->p->id;

	if (!is_member(w)) {
		buf_add_c(out, "[]");
		return;
	}
	tail = str_skip(tail, tail.len > 12 ? tail.len - 12 : 0);
	years_write_date(date, w->p->created_us);
	buf_printf(
	        out, "[{%s%.*s%s\"end_date\":null,\"enrollment_requested_on\":\"%s\",\"enrollment_status\":\"%.*s\",",
	        field == F_MEMBERSHIP_MEMBERS ? "\"id\":\"mp-" : "", field == F_MEMBERSHIP_MEMBERS ? (int)tail.len : 0,
	        tail.at, field == F_MEMBERSHIP_MEMBERS ? "\"," : "", date, STR_ARG(status));
	buf_printf(out, "\"member_type\":\"employee\",\"start_date\":\"%s\",\"status\":\"%.*s\",\"uses_tobacco\":%s,",
	           date, STR_ARG(status), str_eq_c(w->values[F_TOBACCO], "true") ? "true" : "false");
	if (field == F_MEMBERSHIP_MEMBERS) {
		buf_printf(out, "\"membership\":{\"id\":\"mem-%.*s\"}}]", STR_ARG(tail));
		return;
	}
	buf_add_c(out, "\"company\":null,\"division\":null,\"payer\":{\"id\":");
	json_write_string(out, w->p->id);
	buf_add_c(out, ",\"name\":");
	write_name(w, field, out);
	buf_add_c(out,
	          "},\"plan\":{\"id\":\"pln-8BrD3uNa5WkX\",\"name\":\"Adult Monthly\",\"plan_type\":\"retail\"}}]");
}

/* `enabled` before a link, `synced` with one, `errored` while a message stands, `unsynced` after unlinking. */
static void write_sync_status(const struct writing *w, enum field field, struct buf *out)
{
	const char *status = w->p->was_linked ? "unsynced" : "enabled";

	(void)field;
	if (inside(w->values[F_RECORD_ID]).len)
		status = "synced";
	if (inside(w->values[F_ERROR_MESSAGE]).len)
		status = "errored";
	buf_printf(out, "\"%s\"", status);
}

static write_fn *const computed[FIELD_COUNT] = {
	[F_ID] = write_id,
	[F_CREATED_AT] = write_stamp,
	[F_UPDATED_AT] = write_stamp,
	[F_JOINED] = write_joined,
	[F_AGE] = write_age,
	[F_NAME] = write_name,
	[F_PROVIDER_LINK] = write_link,
	[F_ACCOUNT] = write_account,
	[F_COMPANY] = write_company,
	[F_PRACTITIONER] = write_reference,
	[F_LOCATION] = write_reference,
	[F_LEAD_SOURCE] = write_reference,
	[F_LOCATION_GROUP] = write_group,
	[F_PRACTITIONER_GROUP] = write_group,
	[F_MEMBERSHIP_MEMBERS] = write_memberships,
	[F_MEMBERSHIPS] = write_memberships,
	[F_SSN] = write_masked,
	[F_SYNC_STATUS] = write_sync_status,
};

/* Rows broken on purpose: what stands in place of a value. */
static const struct {
	const char *name;
	enum field field;
	const char *text;
} malformations[MALFORMED_KINDS] = {
	[MALFORMED_NOT] = { "", FIELD_COUNT, "" },
	[MALFORMED_UTF8] = { "bad_utf8", F_FIRST_NAME, "\"Mar\xff\xfeisol\"" },
	[MALFORMED_NUMBER] = { "truncated_number", F_AGE, "4." },
	[MALFORMED_TYPE] = { "wrong_type", F_FIRST_NAME, "{\"given\":[\"Marisol\"]}" },
	[MALFORMED_DATE] = { "bad_date", F_DOB, "\"not-a-date\"" },
};

const char *malformed_name(enum malformed kind)
{
	return malformations[kind].name;
}

enum malformed malformed_of(struct str name)
{
	for (size_t i = MALFORMED_NOT + 1; i < MALFORMED_KINDS; i++)
		if (str_eq_c(name, malformations[i].name))
			return (enum malformed)i;
	return MALFORMED_KINDS;
}

void patient_write_name(const struct hint *hint, const struct patient *p, struct buf *out)
{
	struct values values;
	struct writing w = { hint, p, values.at, 0 };

	values_unpack(&p->values, &values);
	write_name(&w, F_NAME, out);
}

void patient_write(const struct hint *hint, const struct patient *p, struct buf *out)
{
	struct values values;
	struct writing w = { hint, p, values.at, clock_wall_ms() * 1000 };
	enum field broken = malformations[p->malformed].field;

	values_unpack(&p->values, &values);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct field_row *row = &field_rows[i];

		if (row->kind == FIELD_HIDDEN)
			continue;
		buf_add_char(out, i ? ',' : '{');
		buf_add(out, row->lead);
		if (i == broken)
			buf_add_c(out, malformations[p->malformed].text);
		else if (computed[i])
			computed[i](&w, (enum field)i, out);
		else
			buf_add(out, values.at[i].at ? values.at[i] : row->fallback);
	}
	buf_add_char(out, '}');
}
