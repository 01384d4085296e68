#ifndef SUTURE_SANDBOX_SALESFORCE_META_H
#define SUTURE_SANDBOX_SALESFORCE_META_H

#include "lib/str.h"

/* "v62.0" and its like: is it a version that answers? */
bool version_known(struct str version);

#endif
