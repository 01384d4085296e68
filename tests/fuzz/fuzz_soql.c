/* SOQL of the stand-in org: what compiles runs over a few records and finds rows that are there, in the asked number; the same text finds the same. */
#include "fuzz.h"

#include "sandbox/salesforce/soql.h"
#include "sandbox/systems.h"

static const char *const people[] = {
	"{\"object\":\"Account\",\"fields\":{\"Name\":\"Grove Street\"}}",
	"{\"object\":\"Contact\",\"fields\":{\"FirstName\":\"Ann\",\"LastName\":\"Lee\",\"Birthdate\":\"1980-02-29\","
	"\"Email\":\"ann@example.org\"}}",
	"{\"object\":\"Contact\",\"fields\":{\"LastName\":\"O'Neil\",\"MailingCity\":\"Austin\",\"Phone\":\"555-0100\"}"
	"}",
	"{\"object\":\"Contact\",\"fields\":{\"LastName\":\"%_lee\"}}",
};

static void add(struct org *org, const char *person)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct json *body;

	if (json_parse(&arena, str_of(person), &body, &err) < 0 || salesforce_vendor.create(org, body, &out, &err) < 0)
		defs_abort("must", err.text, __FILE__, __LINE__);
}

/* One org for all inputs: queries change nothing. */
static struct org *org_with_people(void)
{
	static char *no_arguments[] = { "fuzz", NULL };
	static struct options options;
	static void *org;
	struct err err = ERR_INIT;

	if (org)
		return org;
	must(options_parse(1, no_arguments, &options, &err) == 0);
	must(salesforce_vendor.open(&options, NULL, &org, &err) == 0);
	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		add(org, people[i]);
	return org;
}

static size_t run(struct arena *arena, struct org *org, struct str text, uint64_t *ret_hash)
{
	struct problems problems = PROBLEMS_INIT(arena);
	struct soql *soql = soql_compile(arena, org, text, &problems);
	uint32_t *rows;
	size_t count = 0;

	*ret_hash = 0;
	law((soql != NULL) == (problems.count == 0));
	if (!soql)
		return 0;
	law(soql->object && soql->column_count <= SOQL_COLUMNS_MAX && soql->order_count <= SOQL_ORDER_MAX);
	rows = soql_run(soql, arena, &count);
	law(count <= soql->object->row_count);
	law(soql->limit < 0 || count <= (size_t)soql->limit);
	for (size_t i = 0; i < count; i++) {
		law(rows[i] < soql->object->row_count);
		*ret_hash = *ret_hash * 31 + rows[i] + 1;
	}
	return count;
}

void fuzz_soql(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct org *org = org_with_people();
	uint64_t first, second;
	size_t count = run(&arena, org, input, &first);

	law(run(&arena, org, input, &second) == count && first == second);
}
