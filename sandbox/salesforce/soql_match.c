/* soql_match: does a row satisfy a condition. Null is a value: != and NOT IN are true for it, the rest is false. */
#include "sandbox/salesforce/soql_internal.h"

#include <string.h>

#include "lib/clock.h"
#include "sandbox/salesforce/index.h"

const struct row *soql_follow(const struct soql_path *path, const struct row *row)
{
	for (unsigned i = 0; row && i < path->hop_count; i++) {
		const struct field *hop = path->hops[i];
		const struct object *parent = path->parents[i];
		uint32_t number;

		if (hop->source == SOURCE_CREATED_BY)
			number = row->created_by;
		else if (hop->source == SOURCE_MODIFIED_BY)
			number = row->modified_by;
		else
			number = rows_find(parent, row_cell(row, hop->number));
		row = number == NO_ROW ? NULL : row_at(parent, number);
	}
	return row;
}

static struct str text_of(const struct soql *soql, const struct soql_path *path, const struct row *row,
                          char scratch[SCRATCH_SIZE])
{
	return row ? row_get(soql->org, path->object, row, path->field, scratch) : STR_EMPTY;
}

/* Dates and datetimes as ms; the system's own stamps without going through text. */
static bool time_of(const struct soql *soql, const struct soql_path *path, const struct row *row, int64_t *ret)
{
	char scratch[SCRATCH_SIZE];
	struct str text;

	if (!row)
		return false;
	if (path->field->source == SOURCE_MODIFIED || path->field->source == SOURCE_CREATED) {
		*ret = (int64_t)(path->field->source == SOURCE_CREATED ? row->created : row->modified) * 1000;
		return true;
	}
	text = text_of(soql, path, row, scratch);
	return path->field->type == TYPE_DATE ? date_to_ms(text, ret) : text.len > 0 && clock_parse(text, ret);
}

/* ---- one test by type ---- */

static bool holds(enum soql_op op, int order)
{
	switch (op) {
	case OP_EQ:
		return order == 0;
	case OP_NE:
		return order != 0;
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	case OP_GE:
		return order >= 0;
	case OP_LIKE:
	case OP_IN:
	case OP_NOT_IN:
		return false;
	}
	unreachable("operator");
}

/* Against a range, "before" and "after" mean all of it: < LAST_WEEK is before it began, > LAST_WEEK is after it ended. */
static int place_in_range(int64_t value, const struct soql_literal *literal)
{
	if (value < literal->from_ms)
		return -1;
	if (literal->from_ms == literal->to_ms)
		return value > literal->from_ms;
	return value >= literal->to_ms;
}

/* The vendor's trap (section 4): filters on Birthdate ignore the year. */
static int64_t without_year(int64_t ms)
{
	char stamp[32];
	int64_t ret;

	stamp_write((uint32_t)((ms % 4102444800000 + 4102444800000) % 4102444800000 / 1000), stamp);
	memcpy(stamp, "2000", 4);
	return clock_parse(str_of(stamp), &ret) ? ret : ms;
}

static bool year_ignored(const struct soql *soql, const struct soql_path *path)
{
	return soql->org->options->birthdate_year_ignored && str_eq_c(STR("Birthdate"), path->field->name);
}

static bool test_time(const struct soql *soql, const struct soql_cond *cond, const struct soql_literal *literal,
                      enum soql_op op, const struct row *row)
{
	struct soql_literal yearless = *literal;
	int64_t value;
	bool present = time_of(soql, &cond->path, row, &value);

	if (literal->kind == LITERAL_NULL || !present)
		return holds(op, present == (literal->kind != LITERAL_NULL) ? 0 : 1) && (op == OP_EQ || op == OP_NE);
	if (!year_ignored(soql, &cond->path) || literal->kind != LITERAL_DATE)
		return holds(op, place_in_range(value, literal));
	yearless.from_ms = yearless.to_ms = without_year(literal->from_ms);
	return holds(op, place_in_range(without_year(value), &yearless));
}

static bool test_number(const struct soql *soql, const struct soql_cond *cond, const struct soql_literal *literal,
                        enum soql_op op, const struct row *row)
{
	char scratch[SCRATCH_SIZE];
	struct str text = text_of(soql, &cond->path, row, scratch);
	bool present = text.len > 0;
	double value = 0;

	if (cond->path.field->type == TYPE_BOOLEAN) {
		value = present;
		present = row != NULL;
	} else if (present) {
		str_to_double(text, &value);
	}
	if (literal->kind == LITERAL_NULL || !present)
		return holds(op, present == (literal->kind != LITERAL_NULL) ? 0 : 1) && (op == OP_EQ || op == OP_NE);
	return holds(op, (value > literal->number) - (value < literal->number));
}

static size_t char_len(struct str text, size_t at)
{
	size_t len = 1;

	while (at + len < text.len && ((unsigned char)text.at[at + len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* % any run, _ one character, \% and \_ themselves. */
static bool like(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < text.len) {
		bool escaped = p + 1 < pattern.len && pattern.at[p] == '\\';
		char c = p < pattern.len ? pattern.at[p + escaped] : '\0';

		if (p < pattern.len && !escaped && c == '%') {
			star = p++;
			mark = t;
		} else if (p < pattern.len && !escaped && c == '_') {
			p++;
			t += char_len(text, t);
		} else if (p < pattern.len && c == text.at[t]) {
			p += 1 + (size_t)escaped;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			mark += char_len(text, mark);
			t = mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == '%')
		p++;
	return p == pattern.len;
}

static bool test_text(const struct soql_literal *literal, enum soql_op op, struct str text)
{
	if (literal->kind == LITERAL_NULL || text.len == 0) {
		bool same = (text.len == 0) == (literal->kind == LITERAL_NULL || literal->text.len == 0);

		return op == OP_EQ ? same : op == OP_NE ? !same : false;
	}
	return op == OP_LIKE ? like(literal->text, text) : holds(op, str_cmp(text, literal->text));
}

static bool in_slots(const struct soql_cond *cond, struct str text)
{
	uint64_t at = index_hash(text, false) & cond->slot_mask;

	for (; cond->slots[at]; at = (at + 1) & cond->slot_mask) {
		const struct soql_literal *literal = &cond->literals[cond->slots[at] - 1];

		if (literal->kind == LITERAL_NULL ? text.len == 0 : str_eq(literal->text, text))
			return true;
	}
	return false;
}

/* Cell text in the form that literals were brought to. */
static struct str comparable(const struct field *field, struct str text, struct arena *scratch)
{
	if (field->flags & FIELD_CASE || field->type == TYPE_ID || field->type == TYPE_REFERENCE)
		return text;
	return soql_fold(scratch, text);
}

static bool test_one(const struct soql *soql, const struct soql_cond *cond, const struct soql_literal *literal,
                     enum soql_op op, const struct row *row)
{
	enum field_type type = cond->path.field->type;

	if (type == TYPE_DATE || type == TYPE_DATETIME)
		return test_time(soql, cond, literal, op, row);
	return test_number(soql, cond, literal, op, row);
}

static bool is_member(const struct soql *soql, const struct soql_cond *cond, const struct row *row, struct str text,
                      bool is_text)
{
	if (cond->slots)
		return in_slots(cond, text);
	for (size_t i = 0; i < cond->literal_count; i++) {
		const struct soql_literal *literal = &cond->literals[i];

		if (is_text ? test_text(literal, OP_EQ, text) : test_one(soql, cond, literal, OP_EQ, row))
			return true;
	}
	return false;
}

static bool test(const struct soql *soql, const struct soql_cond *cond, const struct row *row, struct arena *scratch)
{
	char bytes[SCRATCH_SIZE];
	bool is_text = type_is_text(cond->path.field->type);
	struct str text = STR_EMPTY;

	row = soql_follow(&cond->path, row);
	if (is_text)
		text = comparable(cond->path.field, text_of(soql, &cond->path, row, bytes), scratch);
	if (cond->op == OP_IN || cond->op == OP_NOT_IN)
		return is_member(soql, cond, row, text, is_text) == (cond->op == OP_IN);
	return is_text ? test_text(cond->literals, cond->op, text)
	               : test_one(soql, cond, cond->literals, cond->op, row);
}

bool soql_matches(const struct soql *soql, const struct soql_cond *cond, const struct row *row, struct arena *scratch)
{
	if (!cond)
		return true;
	switch (cond->kind) {
	case COND_TEST:
		return test(soql, cond, row, scratch);
	case COND_AND:
		return soql_matches(soql, cond->left, row, scratch) && soql_matches(soql, cond->right, row, scratch);
	case COND_OR:
		return soql_matches(soql, cond->left, row, scratch) || soql_matches(soql, cond->right, row, scratch);
	case COND_NOT:
		return !soql_matches(soql, cond->left, row, scratch);
	}
	unreachable("kind of condition");
}

/* ---- order ---- */

static int compare_numbers(const struct soql *soql, const struct soql_path *path, const struct row *a,
                           const struct row *b)
{
	char bytes[SCRATCH_SIZE];
	struct str one = text_of(soql, path, a, bytes);
	double x = -1e300, y = -1e300;

	if (path->field->type == TYPE_BOOLEAN)
		return (one.len > 0) - (text_of(soql, path, b, bytes).len > 0);
	str_to_double(one, &x);
	str_to_double(text_of(soql, path, b, bytes), &y);
	return (x > y) - (x < y);
}

/* The common case without memory: both ASCII. False: it is not that case. */
static bool compare_ascii(struct str a, struct str b, int *ret)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		unsigned char x = (unsigned char)a.at[i], y = (unsigned char)b.at[i];

		if (x >= 0x80 || y >= 0x80)
			return false;
		x |= x >= 'A' && x <= 'Z' ? 32 : 0;
		y |= y >= 'A' && y <= 'Z' ? 32 : 0;
		if (x != y) {
			*ret = (x > y) - (x < y);
			return true;
		}
	}
	*ret = (a.len > b.len) - (a.len < b.len);
	return true;
}

static int compare_texts(const struct soql *soql, const struct soql_path *path, const struct row *a,
                         const struct row *b)
{
	SCOPED(arena) struct arena folded = ARENA_INIT;
	char bytes_a[SCRATCH_SIZE], bytes_b[SCRATCH_SIZE];
	int order;
	struct str one = text_of(soql, path, a, bytes_a), other = text_of(soql, path, b, bytes_b);

	if (path->field->type == TYPE_ID || path->field->type == TYPE_REFERENCE)
		return str_cmp(one, other);
	if (compare_ascii(one, other, &order))
		return order;
	return str_cmp(soql_fold(&folded, one), soql_fold(&folded, other));
}

static int compare_times(const struct soql *soql, const struct soql_path *path, const struct row *a,
                         const struct row *b)
{
	int64_t x = INT64_MIN, y = INT64_MIN;

	time_of(soql, path, a, &x);
	time_of(soql, path, b, &y);
	return (x > y) - (x < y);
}

int soql_compare(const struct soql *soql, const struct soql_path *path, const struct row *a, const struct row *b)
{
	enum field_type type = path->field->type;

	a = soql_follow(path, a);
	b = soql_follow(path, b);
	if (type == TYPE_DATE || type == TYPE_DATETIME)
		return compare_times(soql, path, a, b);
	if (type_is_text(type))
		return compare_texts(soql, path, a, b);
	return compare_numbers(soql, path, a, b);
}
