/* conditions: If-Modified-Since, If-Unmodified-Since, and on Account If-Match and If-None-Match (section 2.5). */
#ifndef SUTURE_SANDBOX_SALESFORCE_CONDITIONS_H
#define SUTURE_SANDBOX_SALESFORCE_CONDITIONS_H

#include "sandbox/salesforce/org.h"

/* True: the condition is not met (or malformed) and `answer` says so. */
bool conditions_stop(const struct request *request, const struct object *object, const struct row *row, bool reading,
                     struct answer *answer);
/* Adds Last-Modified, and ETag on Account. */
void conditions_show(const struct object *object, const struct row *row, struct answer *answer);

#endif
