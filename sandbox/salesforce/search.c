/*
 * search: parameterized search and a small SOSL (section 4.4):
 *
 *	FIND {smi jo*} [IN NAME|EMAIL|PHONE|ALL FIELDS] [RETURNING Contact(Id, LastName [WHERE ..] [ORDER BY ..] [LIMIT n]), ..]
 *
 * Each word of the term must begin a word of the searched fields; case and accents do not matter. What is in the
 * parentheses is compiled as SOQL. No search index: a write is found at once, unlike with the vendor.
 */
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/query_out.h"

#include <string.h>

#include "codec/fold.h"

#define WORDS_MAX  10
#define LIMIT_MOST 2000

enum scope { SCOPE_ALL, SCOPE_NAME, SCOPE_EMAIL, SCOPE_PHONE };

static const struct {
	const char *name;
	enum scope scope;
} scopes[] = {
	{ "ALL", SCOPE_ALL },     { "NAME", SCOPE_NAME },   { "EMAIL", SCOPE_EMAIL },
	{ "PHONE", SCOPE_PHONE }, { "SIDEBAR", SCOPE_ALL },
};

struct search {
	struct org *org;
	struct request *request;
	struct answer *answer;
	enum scope scope;
	struct str words[WORDS_MAX];
	size_t word_count;
	int64_t left; /* results that may still be given */
	bool any;
};

static enum scope scope_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
		if (str_eq_nocase(name, str_of(scopes[i].name)))
			return scopes[i].scope;
	}
	return SCOPE_ALL;
}

/* Escapes and wildcards go: every word is a beginning anyway. */
static bool read_term(struct search *search, struct str term)
{
	char *plain = arena_alloc_bytes(search->request->arena, term.len + 1);
	struct str rest, word;
	size_t len = 0;

	for (size_t i = 0; i < term.len; i++) {
		if (term.at[i] == '\\' && i + 1 < term.len)
			plain[len++] = term.at[++i]; /* escaped: a sign as any other */
		else
			plain[len++] = strchr("\\*?\"()", term.at[i]) ? ' ' : term.at[i];
	}
	rest = fold_search(search->request->arena, str_range(plain, len));
	while (rest.len > 0 && str_split(&rest, ' ', &word)) {
		if (word.len > 0 && search->word_count < WORDS_MAX)
			search->words[search->word_count++] = word;
	}
	return search->word_count > 0 && fold_length(str_trim(term)) >= 2;
}

static bool in_scope(enum scope scope, const struct field *field)
{
	bool name = field->flags & FIELD_NAME || str_ends(str_of(field->name), STR("Name"));

	if (scope == SCOPE_NAME)
		return name;
	if (scope == SCOPE_EMAIL)
		return field->type == TYPE_EMAIL;
	if (scope == SCOPE_PHONE)
		return field->type == TYPE_PHONE;
	return type_is_text(field->type) && field->type != TYPE_ID && field->type != TYPE_REFERENCE;
}

static bool begins_word(struct str text, struct str word)
{
	for (size_t at = 0; at + word.len <= text.len; at++) {
		bool start = at == 0 || strchr(" -'.@,(", text.at[at - 1]);

		if (start && memcmp(text.at + at, word.at, word.len) == 0)
			return true;
	}
	return false;
}

/* One line of all searched values, folded. */
static struct str line_of(struct search *search, const struct object *object, const struct row *row,
                          struct arena *arena)
{
	SCOPED(buf) struct buf line = BUF_INIT(1 << 20);
	char scratch[SCRATCH_SIZE];

	for (unsigned i = 0; i < object->field_count; i++) {
		const struct field *field = &object->fields[i];
		struct str value;

		if (!in_scope(search->scope, field) || field->flags & FIELD_HIDDEN)
			continue;
		value = row_get(search->org, object, row, field, scratch);
		if (value.len == 0)
			continue;
		buf_add(&line, value);
		buf_add_char(&line, ' ');
	}
	return fold_search(arena, buf_str(&line));
}

static bool found(struct search *search, const struct object *object, const struct row *row, struct arena *arena)
{
	struct str line = line_of(search, object, row, arena);

	for (size_t i = 0; i < search->word_count; i++) {
		if (!begins_word(line, search->words[i]))
			return false;
	}
	return true;
}

/* All rows that `soql` selects and the term fits. */
static void search_object(struct search *search, const struct soql *soql, int64_t limit)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct buf *out = &search->answer->body;
	size_t count;
	uint32_t *rows = soql_run(soql, search->request->arena, &count);

	for (size_t i = 0; i < count && limit > 0 && search->left > 0; i++) {
		arena_reset(&arena);
		if (!found(search, soql->object, row_at(soql->object, rows[i]), &arena))
			continue;
		buf_add_c(out, search->any ? "," : "");
		query_write_row(out, soql, version_of(search->request), rows[i]);
		search->any = true;
		search->left--;
		limit--;
	}
}

static struct soql *compile(struct search *search, struct str text)
{
	struct problems problems = PROBLEMS_INIT(search->request->arena);
	struct soql *soql = soql_compile(search->request->arena, search->org, text, &problems);

	if (!soql)
		fail_problems(search->answer, &problems);
	return soql;
}

/* The vendor's LIMIT is one of results; as SOQL it would cut the candidates. */
static bool search_text(struct search *search, struct str query, int64_t limit)
{
	struct soql *soql = compile(search, query);

	if (!soql)
		return false;
	if (soql->limit >= 0)
		limit = MIN_OF(limit, soql->limit);
	soql->limit = -1;
	search_object(search, soql, limit);
	return true;
}

static void begin(struct search *search)
{
	buf_add_c(&search->answer->body, "{\"searchRecords\":[");
}

static void end(struct search *search, bool ok)
{
	if (ok)
		buf_add_c(&search->answer->body, "]}");
}

/* ---- SOSL ---- */

static struct str word_of(struct str *rest)
{
	struct str word;

	*rest = str_trim(*rest);
	word = *rest;
	for (word.len = 0; word.len < rest->len && !strchr(" (,)\n\t", rest->at[word.len]);)
		word.len++;
	*rest = str_trim(str_skip(*rest, word.len));
	return word;
}

static size_t closing(struct str text)
{
	unsigned depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '(')
			depth++;
		if (text.at[i] == ')' && --depth == 0)
			return i;
	}
	return text.len;
}

/* "Id, LastName WHERE x LIMIT 5" to "SELECT Id, LastName FROM Contact WHERE x LIMIT 5". */
static struct str as_soql(struct arena *arena, struct str object, struct str inside)
{
	static const char *const clauses[] = { " WHERE ", " ORDER ", " LIMIT ", " OFFSET " };
	size_t cut = inside.len;

	for (size_t i = 0; i < inside.len; i++) {
		for (size_t c = 0; c < ARRAY_LEN(clauses) && cut == inside.len; c++) {
			struct str clause = str_of(clauses[c]);

			if (i + clause.len <= inside.len && str_eq_nocase(str_range(inside.at + i, clause.len), clause))
				cut = i;
		}
	}
	return arena_printf(arena, "SELECT %.*s FROM %.*s%.*s", (int)cut, inside.at, STR_ARG(object),
	                    (int)(inside.len - cut), inside.at + cut);
}

static bool search_returning(struct search *search, struct str rest)
{
	bool ok = true;

	while (ok && rest.len > 0) {
		struct str object = word_of(&rest), inside = STR("Id");

		if (rest.len > 0 && rest.at[0] == '(') {
			size_t close = closing(rest);

			inside = str_range(rest.at + 1, close > 0 ? close - 1 : 0);
			rest = str_trim(str_skip(rest, MIN_OF(close + 1, rest.len)));
		}
		ok = search_text(search, as_soql(search->request->arena, object, inside), LIMIT_MOST);
		if (rest.len == 0 || rest.at[0] != ',')
			break;
		rest = str_skip(rest, 1);
	}
	return ok;
}

static void no_term(struct answer *answer)
{
	fail(answer, 400, "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces.");
}

static bool split_sosl(struct str text, struct str *ret_term, struct str *ret_scope, struct str *ret_returning)
{
	struct str rest = str_trim(text);
	ptrdiff_t open = str_find_char(rest, '{'), close = str_find_char(rest, '}');

	if (!str_eq_nocase(word_of(&rest), STR("FIND")) || open < 0 || close < open)
		return false;
	rest = str_trim(text);
	*ret_term = str_range(rest.at + open + 1, (size_t)(close - open - 1));
	rest = str_trim(str_skip(rest, (size_t)close + 1));
	*ret_scope = STR("ALL");
	*ret_returning = STR_EMPTY;
	while (rest.len > 0) {
		struct str word = word_of(&rest);

		if (str_eq_nocase(word, STR("IN"))) {
			*ret_scope = word_of(&rest);
		} else if (str_eq_nocase(word, STR("RETURNING"))) {
			*ret_returning = rest;
			return true;
		} else if (word.len == 0) {
			return false;
		}
	}
	return true;
}

void search_sosl(void *state, struct request *request, struct answer *answer)
{
	struct search search = { .org = state, .request = request, .answer = answer, .left = LIMIT_MOST };
	struct str term, scope, returning;

	if (!split_sosl(request_query(request, "q"), &term, &scope, &returning) || !read_term(&search, term)) {
		no_term(answer);
		return;
	}
	search.scope = scope_of(scope);
	begin(&search);
	end(&search, search_returning(&search, returning.len ? returning : STR("Account(Id), Contact(Id)")));
}

/* ---- parameterized ---- */

static struct str fields_text(struct arena *arena, const struct json *list)
{
	SCOPED(buf) struct buf text = BUF_INIT(65536);

	JSON_EACH (list, name) {
		buf_add_c(&text, text.len ? "," : "");
		buf_add(&text, json_text(name));
	}
	return text.len ? arena_str(arena, buf_str(&text)) : STR("Id");
}

static bool search_row(struct search *search, const struct json *body, const struct json *object)
{
	struct arena *arena = search->request->arena;
	const struct json *own = json_get(object, "fields");
	struct str fields = fields_text(arena, own ? own : json_get(body, "fields"));
	struct str where = json_get_text(object, "where");
	int64_t limit = json_int(json_get(object, "limit"), json_int(json_get(body, "defaultLimit"), LIMIT_MOST));

	return search_text(search,
	                   arena_printf(arena, "SELECT %.*s FROM %.*s%s%.*s", STR_ARG(fields),
	                                STR_ARG(json_get_text(object, "name")), where.len ? " WHERE " : "",
	                                STR_ARG(where)),
	                   limit);
}

static void search_body(struct search *search)
{
	struct json *body = body_of(search->request, search->answer);
	bool ok = true;

	if (!body)
		return;
	if (!read_term(search, json_get_text(body, "q"))) {
		fail(search->answer, 400, "MALFORMED_SEARCH", "search term must be longer than one character");
		return;
	}
	search->scope = scope_of(json_get_text(body, "in"));
	search->left = MIN_OF(json_int(json_get(body, "overallLimit"), LIMIT_MOST), LIMIT_MOST);
	begin(search);
	JSON_EACH (json_get(body, "sobjects"), object)
		ok = ok && search_row(search, body, object);
	end(search, ok);
}

/* ?q=Smi&sobject=Contact&Contact.fields=id,name&Contact.limit=10 */
static void search_query(struct search *search)
{
	struct request *request = search->request;
	struct str object = request_query(request, "sobject");
	struct str fields, limit, where;
	int64_t most = LIMIT_MOST;

	if (!read_term(search, request_query(request, "q"))) {
		fail(search->answer, 400, "MALFORMED_SEARCH", "search term must be longer than one character");
		return;
	}
	search->scope = scope_of(request_query(request, "in"));
	fields = request_query(request, arena_printf(request->arena, "%.*s.fields", STR_ARG(object)).at);
	limit = request_query(request, arena_printf(request->arena, "%.*s.limit", STR_ARG(object)).at);
	where = request_query(request, arena_printf(request->arena, "%.*s.where", STR_ARG(object)).at);
	if (fields.len == 0)
		fields = request_has_query(request, "fields") ? request_query(request, "fields") : STR("Id");
	str_to_i64(limit.len ? limit : request_query(request, "defaultLimit"), &most);
	begin(search);
	end(search, search_text(search,
	                        arena_printf(request->arena, "SELECT %.*s FROM %.*s%s%.*s", STR_ARG(fields),
	                                     STR_ARG(object), where.len ? " WHERE " : "", STR_ARG(where)),
	                        most));
}

void search_parameterized(void *state, struct request *request, struct answer *answer)
{
	struct search search = { .org = state, .request = request, .answer = answer, .left = LIMIT_MOST };

	if (str_eq(request->method, STR("POST")))
		search_body(&search);
	else
		search_query(&search);
}
