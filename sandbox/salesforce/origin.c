/* origin: who is writing, in the words of a change event's changeOrigin (section 6.2). */
#include "sandbox/salesforce/org.h"

#include <stdio.h>

/* "client=EmrSync, defaultNamespace=x": the value of client. */
static struct str client_of(struct str options)
{
	struct str part;

	while (options.len > 0 && str_split(&options, ',', &part)) {
		part = str_trim(part);
		if (str_starts(part, STR("client=")))
			return str_skip(part, STR("client=").len);
	}
	return STR_EMPTY;
}

void origin_set(struct org *org, const char *api, struct str version, struct str options)
{
	struct str client = client_of(options);

	if (str_starts(version, STR("v")))
		version = str_skip(version, 1);
	snprintf(org->origin, sizeof(org->origin), "com/salesforce/api/%s/%.*s%s%.*s", api, STR_ARG(version),
	         client.len ? ";client=" : "", STR_ARG(client));
}

void origin_set_person(struct org *org)
{
	origin_set(org, "soap", STR("62.0"), STR("client=SfdcInternalAPI/"));
}
