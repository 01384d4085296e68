/* systems: the vendors that exist. Each is defined at the end of FOLDER/FOLDER.c. */
#ifndef SUTURE_SANDBOX_SYSTEMS_H
#define SUTURE_SANDBOX_SYSTEMS_H

#include "sandbox/server.h"
#include "sandbox/world.h"

extern const struct vendor hint_vendor;
extern const struct vendor nikohealth_vendor;
extern const struct vendor invented_vendor;
extern const struct vendor salesforce_vendor;

/* What GET /__admin/world of Hint answers. Before server_start(); the world must outlive the server. */
void hint_set_world(const struct world *world);

#endif
