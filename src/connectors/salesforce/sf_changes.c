/*
 * What changed since a cursor (R39): queryAll by (SystemModstamp, Id), a new query for each page.
 *
 * A walk reads from its cursor up to an upper bound that is taken once, from the org's own clock less `lag`: rows younger than
 * that may have neighbours that are still being committed. The stamp is set while a transaction runs and seen when it commits,
 * so a new walk begins `overlap` before its cursor; what comes twice is recognised by whoever stages it (R5).
 *
 * The cursor at rest is "STAMP|ID", the last row read. Inside a walk it is "STAMP|ID|UPPER": the next page goes on behind
 * that row, without overlap and up to the same bound, also after a restart. ID is empty where no row was read yet.
 */
#include "connectors/salesforce/sf.h"

#include "codec/url.h"
#include "connectors/answer.h"
#include "lib/clock.h"
#include "lib/limits.h"

enum { most_rows = 2000 };

struct sf_changes {
	struct sf_call base; /* first */
	struct err refused;  /* the request could not be made; told by finish */
	struct sf_query query;
	int64_t at_ms; /* the cursor, read */
	struct str at_id;
	int64_t upper_ms; /* 0: a new walk, not begun */
	int64_t lag_ms, overlap_ms;
	bool from_now; /* neither cursor nor since_ms: only "now" is wanted */
	bool planned;
	bool asks; /* false: nothing can lie between the cursor and the upper bound */
};

/* ---- cursor ---- */

static bool read_cursor(struct sf_changes *changes, struct str cursor)
{
	struct str rest = cursor, stamp = STR_EMPTY, id = STR_EMPTY, upper = STR_EMPTY;

	str_split(&rest, '|', &stamp);
	if (stamp.len == cursor.len || !clock_parse(stamp, &changes->at_ms) || changes->at_ms <= 0)
		return false;
	str_split(&rest, '|', &id);
	if (id.len && !sf_id_valid(id))
		return false;
	changes->at_id = sf_id18(&changes->base.arena, id);
	return !str_split(&rest, '|', &upper) || upper.len == 0 || clock_parse(upper, &changes->upper_ms);
}

static struct str write_cursor(struct arena *arena, int64_t ms, struct str id, int64_t upper_ms)
{
	struct str stamp = clock_rfc3339(arena, ms);

	if (upper_ms == 0)
		return arena_printf(arena, "%.*s|%.*s", STR_ARG(stamp), STR_ARG(id));
	return arena_printf(arena, "%.*s|%.*s|%.*s", STR_ARG(stamp), STR_ARG(id),
	                    STR_ARG(clock_rfc3339(arena, upper_ms)));
}

/* ---- the query ---- */

static int query_url(struct sf_changes *changes, struct err *err)
{
	struct sf *sf = sf_of(changes->base.call.connection);
	SCOPED(buf) struct buf soql = BUF_INIT(LIMIT_SOQL_URL);
	SCOPED(buf) struct buf url = BUF_INIT(LIMIT_SOQL_URL);

	if (sf_soql(&soql, &changes->query, err) < 0)
		return err->code;
	buf_printf(&url, "%.*s/queryAll", STR_ARG(sf->data));
	url_add_query(&url, "q", buf_str(&soql));
	if (!buf_ok(&soql) || !buf_ok(&url))
		return err_set(err, ERR_CONFIG,
		               "changes of %.*s: the query is too long for Salesforce: map fewer fields or shorten the "
		               "filter",
		               STR_ARG(changes->query.object));
	changes->base.request.method = "GET";
	changes->base.request.idempotent = true;
	changes->base.request.url = arena_str(&changes->base.arena, buf_str(&url));
	return 0;
}

/* Whole seconds: so fine are the org's stamps and its clock. */
static int64_t upper_bound(const struct sf_changes *changes, int64_t server_ms)
{
	return (server_ms - changes->lag_ms) / 1000 * 1000;
}

/* Only once the org's clock is known. */
static int plan(struct sf_changes *changes, int64_t server_ms, struct err *err)
{
	struct arena *arena = &changes->base.arena;
	bool inside = changes->upper_ms != 0;
	int64_t from_ms = changes->at_ms;

	changes->planned = true;
	if (!inside)
		changes->upper_ms = upper_bound(changes, server_ms);
	if (changes->from_now)
		changes->at_ms = changes->upper_ms;
	if (!inside)
		from_ms -= changes->overlap_ms;
	if (changes->from_now || from_ms >= changes->upper_ms)
		return 0;
	changes->asks = true;
	changes->query.before = clock_rfc3339(arena, changes->upper_ms);
	if (from_ms == changes->at_ms && changes->at_id.len) {
		changes->query.after_stamp = clock_rfc3339(arena, from_ms);
		changes->query.after_id = changes->at_id;
	} else {
		changes->query.since = clock_rfc3339(arena, MAX_OF(from_ms, (int64_t)0));
	}
	return query_url(changes, err);
}

struct call *sf_changes_start(struct connection *c, const struct changes_request *request)
{
	struct sf *sf = sf_of(c);
	struct sf_changes *changes = (struct sf_changes *)sf_call_new(sf, sizeof(*changes), request->priority);
	struct arena *arena = &changes->base.arena;
	int64_t server_ms = sf_server_ms(sf);
	size_t limit = request->page_size ? request->page_size : most_rows;

	changes->query = (struct sf_query) { .object = arena_str(arena, request->object),
		                             .where = arena_str(arena, request->where),
		                             .deleted_anyway = true,
		                             .fields = sf_copy_texts(arena, request->fields, request->field_count),
		                             .field_count = request->field_count,
		                             .limit = MIN_OF(limit, (size_t)most_rows) };
	changes->lag_ms = MAX_OF(request->lag_ms, (int64_t)0);
	changes->overlap_ms = MAX_OF(request->overlap_ms, (int64_t)0);
	changes->at_ms = request->since_ms;
	changes->from_now = request->cursor.len == 0 && request->since_ms <= 0;
	if (request->cursor.len && !read_cursor(changes, request->cursor))
		err_set(&changes->refused, ERR_GONE, "changes of %.*s: the cursor is none of ours",
		        STR_ARG(request->object));
	else if (server_ms && plan(changes, server_ms, &changes->refused) == 0 && changes->asks)
		sf_call_send(&changes->base);
	return &changes->base.call;
}

/* ---- the page ---- */

/* Nobody has heard the org's clock yet: its list of resources is the cheapest thing to ask. */
static int plan_late(struct sf_changes *changes, struct arena *arena, struct err *err)
{
	struct sf *sf = sf_of(changes->base.call.connection);
	struct json *ignored;

	if (changes->planned)
		return 0;
	if (sf_get(sf, arena, arena_printf(arena, "%.*s/", STR_ARG(sf->data)), "ask for the org's clock", &ignored,
	           err) < 0)
		return err->code;
	if (sf_server_ms(sf) == 0)
		return err_set(err, ERR_FAR_SIDE, "changes of %.*s: the org's answers tell no date",
		               STR_ARG(changes->query.object));
	return plan(changes, sf_server_ms(sf), err);
}

static int ask(struct sf_changes *changes, struct arena *arena, struct http_answer *ret, struct err *err)
{
	struct str what = arena_printf(arena, "changes of %.*s", STR_ARG(changes->query.object));

	if (sf_call_wait(&changes->base, arena, ret, err) < 0)
		return err_wrap(err, "%s", what.at);
	if (!answer_good(ret))
		return sf_refusal(ret, arena, what.at, err);
	if (answer_check_text(ret, err) < 0)
		return err_wrap(err, "%s", what.at);
	return 0;
}

static bool is_behind(int64_t ms, struct str id, int64_t other_ms, struct str other_id)
{
	return ms != other_ms ? ms > other_ms : str_cmp(id, other_id) > 0;
}

/*
 * The end is where the server says that it has no more and the LIMIT was not what stopped it; a page may be shorter than asked
 * for. The cursor never moves back: an overlap that ends before the old cursor leaves it where it was.
 */
static void page_cursor(const struct sf_changes *changes, struct arena *arena, const struct json *envelope,
                        struct page *page)
{
	int64_t ms = 0, upper_ms = changes->upper_ms;
	struct str id = STR_EMPTY;
	bool more = !json_bool(json_get(envelope, "done"), true) || page->count >= changes->query.limit;

	for (size_t i = 0; i < page->count; i++) {
		if (page->records[i].fault || page->records[i].modified_ms == 0)
			continue;
		ms = page->records[i].modified_ms;
		id = page->records[i].id;
	}
	/* No row to go on behind: an endless loop otherwise. */
	page->last = !more || ms == 0;
	if (page->last && !is_behind(ms, id, changes->at_ms, changes->at_id)) {
		ms = changes->at_ms;
		id = changes->at_id;
	}
	page->next_cursor = write_cursor(arena, ms, id, page->last ? 0 : upper_ms);
}

static int changes_page(struct sf_changes *changes, struct arena *arena, struct page *ret, struct err *err)
{
	struct page page = { .total = -1, .last = true };
	struct http_answer answer;
	struct json *envelope = NULL;
	struct row *rows = NULL;

	if (changes->refused.code)
		return err_set(err, changes->refused.code, "%s", changes->refused.text);
	if (plan_late(changes, arena, err) < 0)
		return err->code;
	page.server_ms = sf_server_ms(sf_of(changes->base.call.connection));
	if (changes->asks) {
		if (ask(changes, arena, &answer, err) < 0)
			return err->code;
		if (answer_rows(arena, answer.body, STR("records"), &rows, &page.count, &envelope, err) < 0)
			return err_wrap(err, "changes of %.*s", STR_ARG(changes->query.object));
		page.server_ms = answer_server_ms(&answer);
	}
	page.records = arena_new_array(arena, struct record, page.count + 1);
	for (size_t i = 0; i < page.count; i++)
		sf_record_of_row(arena, &rows[i], &page.records[i]);
	page_cursor(changes, arena, envelope, &page);
	*ret = page;
	return 0;
}

int sf_changes_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct sf_changes *changes = (struct sf_changes *)*call;
	struct sf_call *base = &changes->base;
	int code = changes_page(changes, arena, ret, err);

	sf_call_free(&base);
	*call = NULL;
	return code;
}
