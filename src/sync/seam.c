#include "sync/seam.h"

#include "lib/limits.h"

struct seam seam_begin(const struct traits *traits, int64_t total)
{
	return (struct seam) { .overlaps = traits->pages_overlap, .total = total, .last_id = BUF_INIT(LIMIT_PAYLOAD) };
}

void seam_scoped_release(struct seam *seam)
{
	buf_release(&seam->last_id);
}

static bool holds(const struct page *page, struct str id)
{
	for (size_t i = 0; i < page->count; i++) {
		if (str_eq(page->records[i].id, id))
			return true;
	}
	return false;
}

void seam_page(struct seam *seam, const struct page *page)
{
	struct str before = buf_str(&seam->last_id);

	if (seam->overlaps && before.len && !holds(page, before))
		seam->moved = true;
	buf_clear(&seam->last_id);
	if (page->count)
		buf_add(&seam->last_id, page->records[page->count - 1].id);
	if (page->total < 0)
		return;
	seam->moved = seam->moved || page->total < seam->total;
	seam->total = page->total;
}
