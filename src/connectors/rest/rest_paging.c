/*
 * Five ways of paging behind one cursor text. For offset and index it is the number of rows before the page in decimal, so that
 * pages can be asked for ahead; for the others it is the link or mark of the answer before. A page by offset begins with the last row of the page before it,
 * so that rows that move between two pages are noticed; numbered pages cannot.
 */
#include "connectors/rest/rest.h"

#include "codec/url.h"

#include <stdio.h>
#include <string.h>

bool rest_pages_independent(const struct descriptor *d)
{
	return d->paging.style == PAGING_OFFSET || d->paging.style == PAGING_INDEX;
}

static void add_number(struct buf *url, struct arena *arena, struct str name, size_t number)
{
	if (name.len)
		url_add_query(url, arena_text(arena, name), arena_printf(arena, "%zu", number));
}

int rest_place_read(const struct rest *rest, struct arena *arena, struct str cursor, size_t page_size,
                    struct rest_place *ret, struct err *err)
{
	struct rest_place place = { .cursor = arena_str(arena, cursor) };
	int64_t offset = 0;

	place.size = page_size ? page_size : rest->base.traits.page_size;
	place.size = MIN_OF(place.size, rest->d->paging.max);
	if (rest_pages_independent(rest->d) && place.cursor.len) {
		if (!str_to_i64(place.cursor, &offset) || offset < 0)
			return err_set(err, ERR_DATA, "the page mark is none of ours");
		if (rest->d->paging.style == PAGING_INDEX && (size_t)offset % place.size)
			return err_set(err, ERR_DATA, "the page mark does not fit pages of %zu", place.size);
	}
	place.offset = (size_t)offset;
	place.overlaps = rest->base.traits.pages_overlap && place.size > 1;
	*ret = place;
	return 0;
}

static void query_offset(const struct paging_section *p, const struct rest_place *place, struct arena *arena,
                         struct buf *url)
{
	add_number(url, arena, p->limit, place->size);
	add_number(url, arena, p->offset, place->offset);
}

static void query_index(const struct paging_section *p, const struct rest_place *place, struct arena *arena,
                        struct buf *url)
{
	add_number(url, arena, p->limit, place->size);
	add_number(url, arena, p->index, p->first + place->offset / place->size);
}

static void query_cursor(const struct paging_section *p, const struct rest_place *place, struct arena *arena,
                         struct buf *url)
{
	add_number(url, arena, p->limit, place->size);
	if (place->cursor.len)
		url_add_query(url, arena_text(arena, p->cursor), place->cursor);
}

/* The first page only: later ones are links that say all. */
static void query_next(const struct paging_section *p, const struct rest_place *place, struct arena *arena,
                       struct buf *url)
{
	add_number(url, arena, p->limit, place->size);
}

static void query_none(const struct paging_section *p UNUSED, const struct rest_place *place UNUSED,
                       struct arena *arena UNUSED, struct buf *url UNUSED)
{
}

static void next_of_offset(struct arena *arena, const struct rest_place *place, struct page *page)
{
	size_t reached = place->offset + page->count;

	page->last =
	        page->count == 0 || (page->total >= 0 ? reached >= (size_t)page->total : page->count < place->size);
	if (!page->last)
		page->next_cursor = arena_printf(arena, "%zu", reached);
}

static int next_offset(const struct paging_section *p UNUSED, struct arena *arena, const struct rest_place *place,
                       const struct json *envelope UNUSED, struct page *page, struct err *err UNUSED)
{
	next_of_offset(arena, place, page);
	if (!page->last && place->overlaps && page->count > 1)
		page->next_cursor = arena_printf(arena, "%zu", place->offset + page->count - 1);
	return 0;
}

static int next_index(const struct paging_section *p UNUSED, struct arena *arena, const struct rest_place *place,
                      const struct json *envelope UNUSED, struct page *page, struct err *err)
{
	next_of_offset(arena, place, page);
	if (!page->last && page->count != place->size)
		return err_set(err, ERR_FAR_SIDE,
		               "the other system gave %zu rows of %zu asked for, though more are left: set page_size "
		               "to what it gives",
		               page->count, place->size);
	return 0;
}

static int next_mark(const struct paging_section *p, struct arena *arena, const struct rest_place *place,
                     const struct json *envelope, struct page *page, struct err *err)
{
	struct str next = answer_walk_text(envelope, p->next);

	page->last = next.len == 0;
	if (next.len && str_eq(next, place->cursor))
		return err_set(err, ERR_FAR_SIDE, "the other system names the same page as the next one");
	page->next_cursor = arena_str(arena, next);
	return 0;
}

static int next_none(const struct paging_section *p UNUSED, struct arena *arena UNUSED,
                     const struct rest_place *place UNUSED, const struct json *envelope UNUSED, struct page *page,
                     struct err *err UNUSED)
{
	page->last = true;
	return 0;
}

static const struct {
	void (*query)(const struct paging_section *p, const struct rest_place *place, struct arena *arena,
	              struct buf *url);
	int (*next)(const struct paging_section *p, struct arena *arena, const struct rest_place *place,
	            const struct json *envelope, struct page *page, struct err *err);
} styles[] = {
	[PAGING_NONE] = { query_none, next_none },     [PAGING_OFFSET] = { query_offset, next_offset },
	[PAGING_INDEX] = { query_index, next_index },  [PAGING_NEXT] = { query_next, next_mark },
	[PAGING_CURSOR] = { query_cursor, next_mark },
};

void rest_place_query(const struct rest *rest, const struct rest_place *place, struct buf *url)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;

	styles[rest->d->paging.style].query(&rest->d->paging, place, &scratch, url);
}

int rest_place_next(const struct rest *rest, struct arena *arena, const struct rest_place *place,
                    const struct json *envelope, struct page *page, struct err *err)
{
	return styles[rest->d->paging.style].next(&rest->d->paging, arena, place, envelope, page, err);
}
