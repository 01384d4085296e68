/*
 * index: row numbers by a hash of a text. Open addressing, four bytes an entry; several rows may share a text. The index
 * keeps no text: whoever looks up compares the row itself.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_INDEX_H
#define SUTURE_SANDBOX_SALESFORCE_INDEX_H

#include "lib/str.h"

struct index;

struct index *index_new(void);
void index_free(struct index **index);
void index_add(struct index *index, uint64_t hash, uint32_t row);
void index_remove(struct index *index, uint64_t hash, uint32_t row);

/* for (uint64_t at = index_first(i, hash, &row); row != NO_ROW; at = index_next(i, at, hash, &row)) */
uint64_t index_first(const struct index *index, uint64_t hash, uint32_t *ret_row);
uint64_t index_next(const struct index *index, uint64_t at, uint64_t hash, uint32_t *ret_row);

/* Hash of a text without regard to ASCII case when `fold`. */
uint64_t index_hash(struct str text, bool fold);

#endif
