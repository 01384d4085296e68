/*
 * seam: did rows move while a list was read page by page? A row that goes makes all behind it move up, and the first of the next page may move to the page that
 * was read just before: nobody meets it. A total that shrinks tells; one that a newcomer makes up for does not. So, where pages overlap (traits), the last row
 * of a page has to be met again on the next one: rows that came and pushed the others down are no harm, and a gap cannot hide.
 *
 *	struct seam seam = seam_begin(&plan->conn[side]->traits);
 *	... for each page, in order: seam_page(&seam, &page);
 *	if (seam.moved) ... somebody may not have been met: read once more
 *	seam_scoped_release(&seam); (SCOPED)
 */
#ifndef SUTURE_SYNC_SEAM_H
#define SUTURE_SYNC_SEAM_H

#include "connectors/connector.h"

struct seam {
	bool overlaps, moved;
	int64_t total; /* rows by the last page; -1: unknown */
	struct buf last_id;
};

/* Whoever would be missed would be missing when twins are counted (R8): a list is read so many times at most until nothing moves. */
enum { SEAM_ROUNDS = 3 };

/* `total`: of pages that were read before, by an earlier process; -1: unknown. */
struct seam seam_begin(const struct traits *traits, int64_t total);
void seam_page(struct seam *seam, const struct page *page);
void seam_scoped_release(struct seam *seam);

#endif
