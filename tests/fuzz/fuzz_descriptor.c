/* Descriptors of REST systems: what is accepted becomes a kind that is whole: named, with its options, able to list and to be described. */
#include "fuzz.h"

#include "connectors/rest/rest.h"

void fuzz_descriptor(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct connector kind = { 0 };
	struct err err = ERR_INIT;

	if (rest_kind_new(&arena, input, &kind, &err) < 0) {
		law(err.code == ERR_CONFIG || err.code == ERR_PARSE || err.code == ERR_MEMORY_LIMIT);
		law(err.text[0]);
		return;
	}
	law(kind.name && kind.name[0] && kind.title && kind.descriptor);
	law(kind.open && kind.close && kind.list_start && kind.list_finish && kind.describe);
	for (const struct option *o = kind.options; o->name; o++)
		law(o->name[0] && o->help);
}
