/* live_org: the stand-in org for the whole of a program that needs nothing else. */
#ifndef SUTURE_TESTS_CONNECTORS_LIVE_ORG_H
#define SUTURE_TESTS_CONNECTORS_LIVE_ORG_H

#include "live.h"

static struct live live;
static struct connection *org;

/* The set-up and the teardown of its tests. */
static int begin(void **state)
{
	static const char *const arguments[] = { "--hint-port", "-1", NULL };

	(void)state;
	if (live_open(&live, "salesforce", arguments))
		org = live_org(&live, "");
	return 0;
}

static int end(void **state)
{
	(void)state;
	return live_end(&live, &org);
}

#define NEEDS_ORG LIVE_NEEDS(state, org)

#endif
