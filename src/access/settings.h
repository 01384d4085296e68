/* settings: `access:` of the configuration (docs/CONFIGURATION.md), with its defaults. */
#ifndef SUTURE_ACCESS_SETTINGS_H
#define SUTURE_ACCESS_SETTINGS_H

#include "access/role.h"
#include "sync/sync.h"

struct access_settings {
	int64_t idle_ms;     /* a session ends when nothing was asked for so long */
	int64_t absolute_ms; /* and so long after the sign-in in any case */
	int64_t generation;  /* of the configuration that they came from */
};

extern const struct access_settings access_defaults;

#endif
