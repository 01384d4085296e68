/* A configuration file: what the schema accepts, each sync's mapping can be read of it, and records go through that mapping both ways without harm. */
#include "fuzz.h"

#include "codec/yaml.h"
#include "sync/catalog_schema.h"

#define RECORD                                                                                                         \
	"{\"id\":\"pat-1\",\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"dob\":\"1980-02-29\",\"phones\":[{\"type\":" \
	"\"mobile\","                                                                                                  \
	"\"number\":\"555-0100\"}],\"amount\":1.50,\"active\":true,\"address\":{\"city\":\"Austin\"}}"

static void goes_through(struct arena *arena, const struct mapping *m)
{
	const struct field_map *field = NULL;
	struct value *values = arena_new_array(arena, struct value, m->count);
	bool *write = arena_new_array(arena, bool, m->count);
	struct err err = ERR_INIT;
	struct json *record, *written;

	law(json_parse(arena, STR(RECORD), &record, &err) == 0);
	if (mapping_read_emr(m, arena, record, values, &field, &err) < 0) {
		law(err.code == ERR_DATA && field);
		return;
	}
	for (size_t i = 0; i < m->count; i++)
		write[i] = !m->fields[i].off;
	written = mapping_write_crm(m, arena, values, write);
	law(written && written->kind == JSON_OBJECT);
	if (mapping_write_emr(m, arena, record, values, write, &written, &field, &err) < 0)
		law(err.code == ERR_DATA && field);
}

static void read_sync(struct arena *arena, const struct json *sync)
{
	struct mapping batch, live;
	struct err err = ERR_INIT;
	bool differs;

	if (schema_mappings(arena, sync, &batch, &live, &differs, &err) < 0) {
		law(err.code == ERR_CONFIG);
		return;
	}
	law(batch.count == live.count);
	goes_through(arena, &batch);
	goes_through(arena, &live);
}

void fuzz_config(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct json *file;

	if (yaml_parse(&arena, input, &file, &err) < 0)
		return;
	if (schema_check(&arena, file, &err) < 0) {
		law(err.code == ERR_CONFIG);
		return;
	}
	JSON_EACH (json_get(file, "syncs"), sync)
		read_sync(&arena, sync);
}
