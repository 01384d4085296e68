/* salesforce: the connector of a Salesforce org. Its manual is docs/CONNECTORS.md. */
#ifndef SUTURE_CONNECTORS_SALESFORCE_SALESFORCE_H
#define SUTURE_CONNECTORS_SALESFORCE_SALESFORCE_H

#include "connectors/connector.h"

extern const struct connector salesforce_connector;

/* API calls of the last 24 hours, used and allowed, as the org told with its last answer; 0: not told yet. */
void sf_limits(const struct connection *c, int64_t *ret_used, int64_t *ret_max);

#endif
