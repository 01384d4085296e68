/* The schema, step by step. Append only: an entry that was released is never edited. See migrate.h. */
#include "store/migrate.h"

const struct migration migrations[] = {
	{ "facts about this installation",
	  "CREATE TABLE installation_fact (name TEXT PRIMARY KEY, value TEXT NOT NULL)", NULL },
};
const size_t migration_count = ARRAY_LEN(migrations);
