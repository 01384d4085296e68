/* people: the list with its marks and filters, and one person through the API. */
#include "sandbox/invented/invented.h"

#include "lib/clock.h"

static const int64_t rows_by_default = 25, rows_at_most = 50;

struct wish {
	bool live_only, since_given;
	int64_t since_ms;
	struct str surname, foreign_ref, words; /* empty: not asked for */
};

static bool starts_nocase(struct str text, struct str start)
{
	return text.len >= start.len && str_eq_nocase(str_range(text.at, start.len), start);
}

/* Each of the words begins the surname or the given name. */
static bool has_words(struct str words, const struct json *person)
{
	struct str word;

	while (str_split(&words, ' ', &word))
		if (!starts_nocase(json_get_text(person, "surname"), word) &&
		    !starts_nocase(json_get_text(person, "given"), word))
			return false;
	return true;
}

static bool is_wanted(const struct wish *wish, const struct shelf_row *row, const struct json *person)
{
	if (wish->since_given && row->changed_ms < wish->since_ms)
		return false;
	if (wish->live_only && !str_eq_c(json_get_text(person, "state"), "live"))
		return false;
	if (wish->surname.len && !str_eq(wish->surname, json_get_text(person, "surname")))
		return false;
	if (!has_words(wish->words, person))
		return false;
	return !wish->foreign_ref.len || str_eq(wish->foreign_ref, json_get_text(person, "foreign_ref"));
}

/* "m/12 .": the number of the row to go on with, in a form that has to be escaped in an address. */
static bool read_mark(struct str mark, size_t *ret)
{
	int64_t number = 0;

	*ret = 0;
	if (!mark.len)
		return true;
	if (!str_starts(mark, STR("m/")) || !str_ends(mark, STR(" .")) || mark.len < 5 ||
	    !str_to_i64(str_range(mark.at + 2, mark.len - 4), &number) || number < 0)
		return false;
	*ret = (size_t)number;
	return true;
}

static bool read_wish(struct request *request, struct answer *answer, struct wish *ret)
{
	struct str since = request_query(request, "since");

	*ret = (struct wish) { .live_only = str_eq_c(request_query(request, "state"), "live"),
		               .since_given = since.len > 0,
		               .surname = request_query(request, "surname"),
		               .foreign_ref = request_query(request, "foreign_ref") };
	if (!since.len || clock_parse(since, &ret->since_ms))
		return true;
	invented_fail(answer, 400, "E_DATE", "must be a date and time", STR("since"));
	return false;
}

struct page {
	size_t from, total;
	int64_t room;
	ptrdiff_t next; /* < 0: this is the last page */
	bool expand;
};

static void write_page(const struct invented *emr, struct request *request, const struct wish *wish, struct page *page,
                       struct buf *out)
{
	const char *comma = "";

	for (size_t i = 0; i < emr->people.count; i++) {
		const struct shelf_row *row = emr->people.rows[i];
		struct json *person = shelf_read(row, request->arena);

		if (!is_wanted(wish, row, person))
			continue;
		page->total++;
		if (i < page->from)
			continue;
		if (page->room == 0 && page->next < 0)
			page->next = (ptrdiff_t)i;
		if (page->room == 0)
			continue;
		page->room--;
		if (!page->expand)
			person_shorten(person);
		buf_add_c(out, comma);
		json_write(out, person);
		comma = ",";
	}
}

static void answer_page(const struct invented *emr, struct request *request, const struct wish *wish,
                        struct answer *answer)
{
	struct page page = { .next = -1, .expand = str_eq_c(request_query(request, "expand"), "all") };
	struct buf *out = &answer->body;

	page.room = rows_by_default;
	if (!read_mark(request_query(request, "after"), &page.from) ||
	    (request_has_query(request, "count") && !str_to_i64(request_query(request, "count"), &page.room)) ||
	    page.room < 1) {
		invented_fail(answer, 400, "E_PAGE", "count or mark is wrong", STR("after"));
		return;
	}
	page.room = MIN_OF(page.room, rows_at_most);
	buf_add_c(out, "{\"data\":{\"people\":[");
	write_page(emr, request, wish, &page, out);
	if (page.next < 0)
		buf_printf(out, "]},\"page\":{\"next\":null,\"total\":%zu}}", page.total);
	else
		buf_printf(out, "]},\"page\":{\"next\":\"m/%td .\",\"total\":%zu}}", page.next, page.total);
}

void people_list(void *state, struct request *request, struct answer *answer)
{
	struct wish wish;

	if (read_wish(request, answer, &wish))
		answer_page(state, request, &wish, answer);
}

void people_search(void *state, struct request *request, struct answer *answer)
{
	struct wish wish;

	if (!read_wish(request, answer, &wish))
		return;
	wish.words = str_trim(request_query(request, "words"));
	if (wish.words.len)
		answer_page(state, request, &wish, answer);
	else
		invented_fail(answer, 400, "E_NEEDED", "what is looked for?", STR("words"));
}

static struct shelf_row *wanted(struct invented *emr, struct request *request, struct answer *answer)
{
	struct shelf_row *row = shelf_find(&emr->people, request_param(request, "key"));

	if (!row)
		invented_fail(answer, 404, "E_NOBODY", "there is no such person", STR("key"));
	return row;
}

void people_get(void *state, struct request *request, struct answer *answer)
{
	const struct shelf_row *row = wanted(state, request, answer);

	if (row)
		buf_add(&answer->body, str_range(row->text, row->len));
}

static void save(struct invented *emr, struct request *request, struct answer *answer, struct shelf_row *row)
{
	const struct json *body = invented_body(request, answer);
	struct complaint wrong;
	bool is_new = !row;

	if (!body)
		return;
	wrong = person_change(emr, request->arena, row, STR_EMPTY, body, "api", &row);
	if (wrong.code) {
		invented_fail(answer, str_eq_c(str_of(wrong.code), "E_TAKEN") ? 409 : 400, wrong.code, wrong.text,
		              wrong.where);
		return;
	}
	invented_emit(emr, is_new ? "person.added" : "person.changed", row, true);
	answer->status = is_new ? 201 : 200;
	buf_add(&answer->body, str_range(row->text, row->len));
}

void people_add(void *state, struct request *request, struct answer *answer)
{
	save(state, request, answer, NULL);
}

void people_change(void *state, struct request *request, struct answer *answer)
{
	struct shelf_row *row = wanted(state, request, answer);

	if (row)
		save(state, request, answer, row);
}
