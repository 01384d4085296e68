/* settings: `access:` and `identity_provider:` of the configuration (docs/CONFIGURATION.md). Read once for each generation of the configuration. */
#ifndef SUTURE_ACCESS_SETTINGS_H
#define SUTURE_ACCESS_SETTINGS_H

#include "access/role.h"
#include "sync/sync.h"

enum { PROXIES_MOST = 16 };

struct access_settings {
	int64_t idle_ms;                  /* a session ends when nothing was asked for so long */
	int64_t absolute_ms;              /* and so long after the sign-in in any case */
	struct str proxies[PROXIES_MOST]; /* addresses whose X-Forwarded-For is believed */
	size_t proxy_count;
};

extern const struct access_settings access_defaults;

/* Texts live in the arena. */
int settings_read(struct engine *engine, struct arena *arena, struct access_settings *ret, struct err *err) MUST_CHECK;

#endif
