/* salesforce: the connector of a Salesforce org. Its manual is docs/CONNECTORS.md. */
#ifndef SUTURE_CONNECTORS_SALESFORCE_SALESFORCE_H
#define SUTURE_CONNECTORS_SALESFORCE_SALESFORCE_H

#include "connectors/connector.h"

extern const struct connector salesforce_connector;

#endif
