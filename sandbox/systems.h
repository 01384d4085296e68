/* systems: the vendors that exist. Each is defined at the end of FOLDER/FOLDER.c. */
#ifndef SUTURE_SANDBOX_SYSTEMS_H
#define SUTURE_SANDBOX_SYSTEMS_H

#include "sandbox/server.h"

extern const struct vendor salesforce_vendor;

#endif
