/*
 * settings: what an administrator or a test changes while the org runs, through GET and POST /__admin/settings. Embedded in
 * struct org; the rows with names and meanings are in settings.c. To add one: a field here, a row there.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_SETTINGS_H
#define SUTURE_SANDBOX_SALESFORCE_SETTINGS_H

#include "lib/str.h"
#include "sandbox/unreliable.h"

struct settings {
	int64_t daily_limit;  /* API calls a day */
	int64_t connect_ms;   /* how long an idle /meta/connect is held */
	int64_t interval_ms;  /* what advice tells a client to wait between two of them */
	int64_t idle_ms;      /* a client without a connect for so long is forgotten */
	int64_t retention_ms; /* how long change events are kept, and how many at most */
	int64_t retention_max;
	int64_t overflow_after;   /* changes of a transaction, each field counted, before GAP_OVERFLOW */
	int64_t gaps;             /* the next so many events are GAP_ events */
	int64_t answer_events;    /* events in one answer at most */
	bool need_cookies;        /* calls after the handshake must bring its cookie back */
	bool status_401;          /* a dead token on a connect is an HTTP 401 instead of a message */
	bool dotted;              /* changedFields says Name.FirstName, not Name */
	struct unreliable events; /* how change events reach their subscribers */
	struct str tracked; /* objects whose changes are published, comma between; empty: all that can be written */
	struct str refuse_subscribe; /* error text that every subscribe gets; empty: none */
	struct str button_url;       /* where the button sends, and what it signs with (button.c) */
	struct str button_secret;
	struct str respell; /* triggers of the org: see automation.c */
	bool person_accounts;
	bool person_contact_locked; /* the contact half of a person account refuses person fields */
};

struct org;

void settings_open(struct org *org);

#endif
