/*
 * What changed since a time, from a list that can be filtered by it. Between walks the mark is a time of the far clock; within a
 * walk it is "SINCE UNTIL END MARK": what is asked for, the youngest that is given, where the next walk begins, and the page. Where pages overlap the page
 * is "OFFSET SOUND ID": rows before it, "~" once rows have moved in this walk, else "=", and the last row of the page before it.
 *
 *	start    mark ──► (a new walk: less the overlap) ──► GET with the filter
 *	finish   rows ──► is the filter kept? ──► without the too young ──► the next mark
 *
 * Rows that come by time are asked for from the last one's time on, page by page, so that rows which move to the end while we read
 * take no other row's place; otherwise SINCE stays and the system's own pages are walked. A walk ends at the far clock of its first
 * answer less the lag: that is where the next one begins. But where the last row of a page is not met again on the next one, rows have moved, and one may have
 * moved to the page that was just read: then the next walk begins where this one began.
 */
#include "connectors/rest/rest_read.h"

#include "lib/clock.h"
#include "lib/limits.h"

#include <inttypes.h>

/* A time that nothing has changed after: rows that come nevertheless say that the filter is ignored. */
static const int64_t far_future_ms = 32472144000000; /* 2999-01-01 */
/* Filters may know whole seconds only. */
static const int64_t blunt_ms = 1000;

static bool overlaps(const struct rest_read *read)
{
	return read->call.connection->traits.pages_overlap;
}

/* Marks of an earlier version hold the offset alone. */
static void page_mark_read(struct rest_read *read, struct str *page)
{
	struct str rest = *page, sound;

	if (!overlaps(read) || !str_split(&rest, ' ', page) || !str_split(&rest, ' ', &sound))
		return;
	read->moved = str_eq_c(sound, "~");
	read->last_id = arena_str(&read->arena, rest);
}

static struct str page_mark(const struct rest_read *read, struct arena *arena, const struct page *page)
{
	struct str last = page->count ? page->records[page->count - 1].id : STR_EMPTY;

	if (!overlaps(read))
		return page->next_cursor;
	return arena_printf(arena, "%.*s %s %.*s", STR_ARG(page->next_cursor), read->moved ? "~" : "=", STR_ARG(last));
}

/* Is the last row of the page before among these? */
static bool goes_on(const struct rest_read *read, const struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		if (str_eq(page->records[i].id, read->last_id))
			return true;
	}
	return read->last_id.len == 0;
}

static int mark_read(struct rest_read *read, const struct changes_request *request, struct str *ret_page,
                     struct err *err)
{
	struct str rest = request->cursor, part[3] = { { 0 } };
	int64_t *const times[] = { &read->since_ms, &read->until_ms, &read->end_ms };
	size_t n = 0;

	while (n < ARRAY_LEN(part) && str_split(&rest, ' ', &part[n])) {
		if (!str_to_i64(part[n], times[n]))
			return err_set(err, ERR_GONE, "the change mark is none of ours");
		n++;
	}
	if (n != 1 && n != ARRAY_LEN(part))
		return err_set(err, ERR_GONE, "the change mark is none of ours");
	*ret_page = rest;
	if (n > 1) {
		page_mark_read(read, ret_page);
		return 0;
	}
	read->end_ms = read->since_ms;
	read->since_ms = MAX_OF(read->since_ms - request->overlap_ms, 0);
	return 0;
}

static int walk_begin(struct rest_read *read, const struct changes_request *request, struct str *ret_page,
                      struct err *err)
{
	*ret_page = STR_EMPTY;
	read->lag_ms = request->lag_ms;
	if (request->cursor.len)
		return mark_read(read, request, ret_page, err);
	read->probe = request->since_ms == 0;
	read->since_ms = read->end_ms = read->probe ? far_future_ms : request->since_ms;
	return 0;
}

static struct str time_text(struct arena *arena, unsigned format, int64_t ms)
{
	if (format == TIMES_RFC3339)
		return clock_rfc3339(arena, ms);
	return arena_printf(arena, "%" PRId64, format == TIMES_SECONDS ? ms / 1000 : ms);
}

struct call *rest_changes_start(struct connection *c, const struct changes_request *request)
{
	struct rest_read *read = rest_read_new(c, request->object, request->priority);
	const struct changes_section *changes = read->object ? &read->object->changes : NULL;
	SCOPED(buf) struct buf name = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct list_equals filter;
	struct str page;

	if (read->refused.code)
		return &read->call;
	rest_expand(rest_of(c), changes->since, &name);
	if (name.len == 0)
		err_set(&read->refused, ERR_UNSUPPORTED, "%s cannot tell what changed of %.*s", c->kind->title,
		        STR_ARG(request->object));
	else if (walk_begin(read, request, &page, &read->refused) == 0) {
		filter = (struct list_equals) { buf_str(&name),
			                        time_text(&read->arena, changes->times, read->since_ms) };
		rest_read_page_start(read, &(struct rest_query) {
		                                   .path = changes->path,
		                                   .always = &read->object->list.query,
		                                   .perhaps = &read->object->list.with_archived,
		                                   .own = &changes->query,
		                                   .where = request->where,
		                                   .equals = &filter,
		                                   .equal_count = 1,
		                                   .cursor = page,
		                                   .page_size = read->probe ? 1 : request->page_size,
		                           });
	}
	return &read->call;
}

static int filter_ignored(const struct rest_read *read, struct err *err)
{
	return err_set(
	        err, ERR_UNSUPPORTED,
	        "%s ignores its filter for changes: set changed_filter to the right name, or to nothing; everything is "
	        "read and compared until then",
	        read->call.connection->kind->title);
}

static int check_filter(const struct rest_read *read, const struct page *page, struct err *err)
{
	for (size_t i = 0; i < page->count; i++)
		if (page->records[i].modified_ms && page->records[i].modified_ms < read->since_ms - blunt_ms)
			return filter_ignored(read, err);
	return 0;
}

/* "Now", and an empty page. */
static int finish_probe(const struct rest_read *read, struct arena *arena, struct page *page, struct err *err)
{
	int64_t now = page->server_ms ? page->server_ms : clock_wall_ms();

	if (page->count)
		return filter_ignored(read, err);
	page->last = true;
	page->next_cursor = arena_printf(arena, "%" PRId64, now);
	return 0;
}

/* Time of the last row where all rows come by time; 0: they do not. */
static int64_t last_in_order(const struct page *page)
{
	int64_t last = 0;

	for (size_t i = 0; i < page->count; i++) {
		int64_t at = page->records[i].modified_ms;

		if (page->records[i].fault)
			continue;
		if (at < last || at == 0)
			return 0;
		last = at;
	}
	return last;
}

/*
 * Leaves out what is younger than the walk's end. With a lag only: the far clock comes in whole seconds, and what changed within the
 * running one need not wait for the next walk, which begins before it and reads it again.
 */
static bool drop_young(struct rest_read *read, struct page *page)
{
	size_t kept = 0;

	for (size_t i = 0; i < page->count; i++)
		if (read->until_ms == 0 || read->lag_ms == 0 || page->records[i].modified_ms <= read->until_ms)
			page->records[kept++] = page->records[i];
	if (kept == page->count)
		return false;
	page->count = kept;
	return true;
}

/* Where the next walk begins. What was missed may be as old as what this one asked for. */
static int64_t end_of_walk(const struct rest_read *read)
{
	if (read->moved)
		return read->until_ms ? read->end_ms : read->since_ms;
	return MAX_OF(read->end_ms, read->until_ms);
}

static void next_mark(struct rest_read *read, struct arena *arena, int64_t reached, struct str mark, struct page *page)
{
	if (page->last) {
		page->next_cursor = arena_printf(arena, "%" PRId64, end_of_walk(read));
		return;
	}
	if (reached > read->since_ms) {
		read->since_ms = reached;
		mark = STR_EMPTY;
	}
	page->next_cursor = arena_printf(arena, "%" PRId64 " %" PRId64 " %" PRId64 " %.*s", read->since_ms,
	                                 read->until_ms, read->end_ms, STR_ARG(mark));
}

/* A page mark of the far side's own that it no longer knows: the same one would be refused for ever. */
static int mark_refused(const struct rest_read *read, struct err *err)
{
	bool theirs = read->place.cursor.len && !rest_pages_independent(rest_of(read->call.connection)->d);

	if (!theirs || (err->code != ERR_REFUSED && err->code != ERR_NOT_FOUND))
		return err->code;
	return err_set(err, ERR_GONE, "the other system no longer knows the page that we had reached");
}

static int changes_page(struct rest_read *read, struct arena *arena, struct page *page, struct err *err)
{
	int64_t reached;
	struct str mark;

	if (rest_read_page(read, arena, page, err) < 0)
		return mark_refused(read, err);
	page->total = -1;
	read->moved = read->moved || !goes_on(read, page);
	mark = page_mark(read, arena, page);
	if (read->probe)
		return finish_probe(read, arena, page, err);
	if (check_filter(read, page, err) < 0)
		return err->code;
	if (read->until_ms == 0 && page->server_ms)
		read->until_ms = MAX_OF(page->server_ms - read->lag_ms, 1);
	reached = read->object->changes.sorted ? last_in_order(page) : 0;
	if (drop_young(read, page) && reached)
		page->last = true;
	/* Without a far clock the next walk begins at the youngest that came. */
	for (size_t i = 0; i < page->count && read->until_ms == 0; i++)
		read->end_ms = MAX_OF(read->end_ms, page->records[i].modified_ms);
	next_mark(read, arena, reached, mark, page);
	return 0;
}

int rest_changes_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct rest_read *read = (struct rest_read *)*call;
	struct page page;
	int code = changes_page(read, arena, &page, err);

	if (code == 0)
		*ret = page;
	else if (read->object)
		err_wrap(err, "changes of %.*s", STR_ARG(read->object->name));
	rest_read_free(&read);
	*call = NULL;
	return code;
}
