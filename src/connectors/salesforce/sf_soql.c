/*
 * SOQL texts. Names are checked letter by letter, values are quoted; the caller's own condition stands in parentheses, so
 * that it cannot reach into ours. Rows come by (SystemModstamp, Id), which makes the last row of a page a place to go on from
 * when the server's own cursor has died: many rows share a stamp, so the id belongs to it.
 */
#include "connectors/salesforce/sf.h"

#include "lib/clock.h"

static const char *const standard_fields[] = { "Id", "SystemModstamp", "LastModifiedById", "IsDeleted", NULL };
/* Only these four can be merged; elsewhere the field does not exist. */
static const char *const mergeable_fields[] = { "Id",        "SystemModstamp", "LastModifiedById",
	                                        "IsDeleted", "MasterRecordId", NULL };
static const char *const mergeable[] = { "Contact", "Account", "Lead", "Case" };

const char *const *sf_standard_fields(struct str object)
{
	for (size_t i = 0; i < ARRAY_LEN(mergeable); i++)
		if (str_eq_nocase(object, str_of(mergeable[i])))
			return mergeable_fields;
	return standard_fields;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool step_valid(struct str step)
{
	if (step.len == 0 || step.len > 255 || !is_letter(step.at[0]))
		return false;
	for (size_t i = 0; i < step.len; i++)
		if (!is_letter(step.at[i]) && !(step.at[i] >= '0' && step.at[i] <= '9') && step.at[i] != '_')
			return false;
	return true;
}

bool sf_name_valid(struct str name)
{
	struct str rest = name, step;

	if (name.len == 0 || name.at[name.len - 1] == '.')
		return false;
	while (str_split(&rest, '.', &step))
		if (!step_valid(step))
			return false;
	return true;
}

static const char *const escapes[256] = {
	['\''] = "\\'", ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n",
	['\r'] = "\\r", ['\t'] = "\\t", ['\b'] = "\\b",  ['\f'] = "\\f",
};

void sf_soql_text(struct buf *out, struct str text)
{
	buf_add_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		const char *escape = escapes[(unsigned char)text.at[i]];

		if (escape)
			buf_add_c(out, escape);
		else
			buf_add_char(out, text.at[i]);
	}
	buf_add_char(out, '\'');
}

static void add_name(struct buf *out, struct str name, bool first, bool quote)
{
	if (!first)
		buf_add_char(out, ',');
	if (quote)
		json_write_string(out, name);
	else
		buf_add(out, name);
}

static bool name_among(const char *const *names, struct str name)
{
	for (; *names; names++)
		if (str_eq_nocase(name, str_of(*names)))
			return true;
	return false;
}

/* A few dozen names: looking back over them costs less than a map. */
static bool seen_before(const struct str *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(fields[i], fields[n]))
			return true;
	return false;
}

int sf_field_list(struct buf *out, struct str object, const struct str *fields, size_t count, bool quote,
                  struct err *err)
{
	const char *const *standard = sf_standard_fields(object);

	for (size_t i = 0; standard[i]; i++)
		add_name(out, str_of(standard[i]), i == 0, quote);
	for (size_t i = 0; i < count; i++) {
		if (!sf_name_valid(fields[i]))
			return err_set(err, ERR_CONFIG, "'%.*s' is no Salesforce field name", STR_ARG(fields[i]));
		if (!name_among(standard, fields[i]) && !seen_before(fields, i))
			add_name(out, fields[i], false, quote);
	}
	return 0;
}

static int add_place(struct buf *out, const struct sf_query *query, struct err *err)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct str stamp;
	int64_t ms;

	if (!clock_parse(query->after_stamp, &ms) || !sf_id_valid(query->after_id))
		return err_set(err, ERR_DATA, "the page mark is none of ours");
	stamp = clock_rfc3339(&scratch, ms);
	buf_printf(out, "(SystemModstamp > %.*s OR (SystemModstamp = %.*s AND Id > ", STR_ARG(stamp), STR_ARG(stamp));
	sf_soql_text(out, query->after_id);
	buf_add_c(out, "))");
	return 0;
}

/* The next condition of a WHERE: `n` of them stand already. */
static void add_and(struct buf *out, size_t n)
{
	buf_add_c(out, n ? " AND " : " WHERE ");
}

static void add_ids(struct buf *out, const struct sf_query *query)
{
	buf_add_c(out, "Id IN (");
	for (size_t i = 0; i < query->id_count; i++) {
		buf_add_c(out, i ? "," : "");
		sf_soql_text(out, query->ids[i]);
	}
	buf_add_char(out, ')');
}

static int add_conditions(struct buf *out, const struct sf_query *query, struct err *err)
{
	size_t n = 0;

	if (query->where.len) {
		add_and(out, n++);
		/* A deleted row need not meet the filter any more, and its removal is news all the same (R31). */
		buf_printf(out, query->deleted_anyway ? "((%.*s) OR IsDeleted = TRUE)" : "(%.*s)",
		           STR_ARG(query->where));
	}
	for (size_t i = 0; i < query->equal_count; i++) {
		if (!sf_name_valid(query->equals[i].field))
			return err_set(err, ERR_CONFIG, "'%.*s' is no Salesforce field name",
			               STR_ARG(query->equals[i].field));
		add_and(out, n++);
		buf_printf(out, "%.*s = ", STR_ARG(query->equals[i].field));
		sf_soql_text(out, query->equals[i].value);
	}
	if (query->id_count) {
		add_and(out, n++);
		add_ids(out, query);
	}
	if (query->since.len) {
		add_and(out, n++);
		buf_printf(out, "SystemModstamp >= %.*s", STR_ARG(query->since));
	}
	if (query->before.len) {
		add_and(out, n++);
		buf_printf(out, "SystemModstamp < %.*s", STR_ARG(query->before));
	}
	if (query->after_id.len) {
		add_and(out, n++);
		return add_place(out, query, err);
	}
	return 0;
}

int sf_soql(struct buf *out, const struct sf_query *query, struct err *err)
{
	if (!sf_name_valid(query->object))
		return err_set(err, ERR_CONFIG, "'%.*s' is no Salesforce object name", STR_ARG(query->object));
	buf_add_c(out, "SELECT ");
	if (sf_field_list(out, query->object, query->fields, query->field_count, false, err) < 0)
		return err->code;
	buf_printf(out, " FROM %.*s", STR_ARG(query->object));
	if (add_conditions(out, query, err) < 0)
		return err->code;
	buf_add_c(out, " ORDER BY SystemModstamp ASC, Id ASC");
	if (query->limit)
		buf_printf(out, " LIMIT %zu", query->limit);
	return 0;
}
