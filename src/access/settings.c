#include "access/settings.h"

#include "sync/catalog_docs.h"
#include "sync/catalog_schema.h"

enum { MINUTE_MS = 60000, HOUR_MS = 3600000 };

const struct access_settings access_defaults = { .idle_ms = 15 * MINUTE_MS, .absolute_ms = 12 * (int64_t)HOUR_MS };

int settings_read(struct engine *engine, struct arena *arena, struct access_settings *ret, struct err *err)
{
	struct json *section;

	*ret = access_defaults;
	if (catalog_read_section(engine, arena, "access", &section, err) < 0)
		return err_pass(err);
	if (!section)
		return 0;
	ret->idle_ms = schema_number(section, "idle_minutes") * MINUTE_MS;
	ret->absolute_ms = schema_number(section, "session_hours") * HOUR_MS;
	JSON_EACH (json_get(section, "proxies"), proxy) {
		if (ret->proxy_count < PROXIES_MOST)
			ret->proxies[ret->proxy_count++] = arena_str(arena, json_text(proxy));
	}
	return 0;
}
