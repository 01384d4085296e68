/*
 * YAML: what was read is written and read again as the same; every JSON text that the JSON reader takes is the same tree as YAML, but for what YAML's reader
 * refuses on purpose (keys that stand twice, U+0000 and the like).
 */
#include "fuzz.h"

#include "codec/yaml.h"

static void reads_again(struct arena *arena, const struct json *j)
{
	SCOPED(buf) struct buf out = BUF_INIT(SIZE_MAX);
	struct err err = ERR_INIT;
	struct json *again;

	yaml_write(&out, j);
	if (yaml_parse(arena, buf_str(&out), &again, &err) < 0)
		defs_abort("law", err.text, __FILE__, __LINE__);
	law(json_equal(j, again));
}

void fuzz_yaml(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT, json_err = ERR_INIT;
	struct json *yaml = NULL, *json = NULL;

	if (yaml_parse(&arena, input, &yaml, &err) < 0) {
		law(err.code == ERR_PARSE || err.code == ERR_MEMORY_LIMIT);
		return;
	}
	reads_again(&arena, yaml);
	if (json_parse(&arena, input, &json, &json_err) == 0)
		law(json_equal(json, yaml));
}
