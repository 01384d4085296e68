/*
 * options: the command line of suture-sandbox as one struct. To add an option: one field here, one row in options.c.
 */
#ifndef SUTURE_SANDBOX_OPTIONS_H
#define SUTURE_SANDBOX_OPTIONS_H

#include "lib/buf.h"
#include "lib/err.h"

struct options {
	int64_t salesforce_port; /* 0: any free one; -1: do not start */
	int64_t hint_port;
	int64_t nikohealth_port; /* -1: do not start */
	int64_t invented_port;
	int64_t patients; /* generated people, 0: none */
	int64_t seed;
	int64_t pace;              /* requests a second that the EMR allows; 0: its own default, -1: no limit */
	int64_t token_seconds;     /* life of a Salesforce access token without use */
	int64_t limit;             /* Salesforce calls a day */
	const char *data;          /* FHIR patients as NDJSON instead of generated ones, or NULL */
	const char *sqlite;        /* folder in which the Salesforce org keeps its records, or NULL */
	const char *custom_fields; /* fields of the org beyond the standard ones, JSON or YAML, or NULL */
	const char *world;         /* starting records, JSON, or NULL */
	const char *truth;         /* file to write what a right import must do, or NULL */
	const char *public_key;    /* PEM of the key or certificate that JWT assertions are verified with */
	const char *client_id;
	const char *client_secret;
	const char *api_key;        /* Hint: practice API key */
	const char *webhook_secret; /* Hint: partner webhook secret */
	const char *nikohealth_client_id;
	const char *nikohealth_client_secret;
	const char *invented_key;
	bool rotate_refresh;         /* a refresh gives a new refresh token and ends the old one */
	bool person_accounts;        /* the org has person accounts from the start */
	bool birthdate_year_ignored; /* SOQL filters on Birthdate compare month and day only */
	bool with_parent;            /* stop when standard input ends */
	bool help;
};

/* Fills `ret` with defaults, then with the arguments. Texts are borrowed from argv. ERR_USAGE names the argument. */
int options_parse(int argc, char **argv, struct options *ret, struct err *err) MUST_CHECK;
void options_help(struct buf *out);

#endif
