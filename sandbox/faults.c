#include "sandbox/faults.h"

/* One row as it was given, and how it fared. */
struct fault_row {
	struct str match_method;
	struct str match_path;
	enum fault_kind kind;
	double rate;
	double share;
	int64_t seed;
	int64_t after;
	int64_t times; /* -1: no end */
	int64_t ms;
	int64_t seen;
	int64_t struck;
};

static const struct {
	enum fault_kind kind;
	const char *name;
} names[] = {
#define FAULT_NAME_ROW(kind, name) { kind, name },
	FAULT_LIST(FAULT_NAME_ROW)
#undef FAULT_NAME_ROW
};

const char *fault_name(enum fault_kind kind)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i].kind == kind)
			return names[i].name;
	}
	return "none";
}

static enum fault_kind kind_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(name, names[i].name))
			return names[i].kind;
	}
	return FAULT_NONE;
}

bool fault_glob(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.at[p] == '*') {
			star = p++;
			mark = t;
		} else if (p < pattern.len && (pattern.at[p] == '?' || pattern.at[p] == text.at[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == '*')
		p++;
	return p == pattern.len;
}

/* splitmix64: one step. Rows and calls get independent streams from the same seed. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static bool below(uint64_t drawn, double share)
{
	return (double)(drawn >> 11) * 0x1p-53 < share;
}

bool fault_roll(struct fault *fault, double share)
{
	fault->dice = mix(fault->dice);
	return below(fault->dice, share);
}

static double number_of(const struct json *row, const char *key, double fallback)
{
	double value;

	return str_to_double(json_get_text(row, key), &value) ? value : fallback;
}

static bool known_key(struct str key)
{
	static const char *const keys[] = { "match", "kind", "rate", "seed", "after", "times", "ms", "share" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (str_eq_c(key, keys[i]))
			return true;
	}
	return false;
}

static int read_row(struct arena *arena, const struct json *row, size_t number, struct fault_row *ret, struct err *err)
{
	struct str match = arena_str(arena, json_get_text(row, "match"));
	struct str method;

	JSON_EACH (row, entry) {
		if (!known_key(entry->key))
			return err_set(err, ERR_USAGE, "fault %zu: unknown key '%.*s'", number, STR_ARG(entry->key));
	}
	*ret = (struct fault_row) {
		.match_method = STR("*"),
		.match_path = STR("*"),
		.kind = kind_of(json_get_text(row, "kind")),
		.rate = number_of(row, "rate", 1.0),
		.share = number_of(row, "share", 0.5),
		.seed = json_int(json_get(row, "seed"), 1),
		.after = json_int(json_get(row, "after"), 0),
		.times = json_int(json_get(row, "times"), -1),
		.ms = json_int(json_get(row, "ms"), 0),
	};
	if (ret->kind == FAULT_NONE)
		return err_set(err, ERR_USAGE, "fault %zu: 'kind' is missing or unknown", number);
	if (ret->rate < 0 || ret->rate > 1)
		return err_set(err, ERR_USAGE, "fault %zu: 'rate' is from 0 to 1", number);
	if (match.len > 0 && str_find_char(match, ' ') > 0) {
		str_split(&match, ' ', &method);
		ret->match_method = method;
	}
	if (match.len > 0)
		ret->match_path = match;
	return 0;
}

int faults_load(struct faults *faults, const struct json *rows, struct err *err)
{
	struct faults fresh = FAULTS_INIT;
	int r = 0;

	if (json_get(rows, "rows"))
		rows = json_get(rows, "rows");
	if (!rows || rows->kind != JSON_ARRAY)
		return err_set(err, ERR_USAGE, "faults: expected an array of rows");
	fresh.rows = arena_new_array(&fresh.arena, struct fault_row, rows->count);
	JSON_EACH (rows, row) {
		r = read_row(&fresh.arena, row, fresh.count, &fresh.rows[fresh.count], err);
		if (r < 0)
			break;
		fresh.count++;
	}
	if (r < 0) {
		faults_release(&fresh);
		return r;
	}
	faults_release(faults);
	fresh.loaded = true;
	*faults = fresh;
	return 0;
}

void faults_release(struct faults *faults)
{
	arena_release(&faults->arena);
	*faults = (struct faults)FAULTS_INIT;
}

static bool strikes(struct fault_row *row, struct str method, struct str path, uint64_t *ret_dice)
{
	int64_t number;

	if (!fault_glob(row->match_method, method) || !fault_glob(row->match_path, path))
		return false;
	number = row->seen++;
	*ret_dice = mix(mix((uint64_t)row->seed) ^ (uint64_t)number);
	if (number < row->after || (row->times >= 0 && row->struck >= row->times) || !below(*ret_dice, row->rate))
		return false;
	row->struck++;
	return true;
}

struct fault faults_draw(struct faults *faults, struct str method, struct str path)
{
	struct fault ret = { .kind = FAULT_NONE };
	uint64_t dice;

	for (size_t i = 0; i < faults->count; i++) {
		struct fault_row *row = &faults->rows[i];

		if (ret.kind != FAULT_NONE && row->kind != FAULT_LATENCY)
			continue;
		if (!strikes(row, method, path, &dice))
			continue;
		ret.latency_ms += row->ms;
		if (row->kind == FAULT_LATENCY)
			continue;
		ret.kind = row->kind;
		ret.share = row->share;
		ret.dice = dice;
	}
	return ret;
}

void faults_write(const struct faults *faults, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault_row *row = &faults->rows[i];

		buf_printf(out, "%s{\"kind\":\"%s\",\"match\":", i ? "," : "", fault_name(row->kind));
		SCOPED(buf) struct buf match = BUF_INIT(4096);
		buf_printf(&match, "%.*s %.*s", STR_ARG(row->match_method), STR_ARG(row->match_path));
		json_write_string(out, buf_str(&match));
		buf_printf(out,
		           ",\"rate\":%g,\"seed\":%lld,\"after\":%lld,\"times\":%lld,\"ms\":%lld,\"seen\":%lld,"
		           "\"struck\":%lld}",
		           row->rate, (long long)row->seed, (long long)row->after, (long long)row->times,
		           (long long)row->ms, (long long)row->seen, (long long)row->struck);
	}
	buf_add_char(out, ']');
}
