/*
 * trigger: which CRM records start on their own (R15, R40). A condition is a list of tests on the CRM record, all of which have to hold:
 *
 *	trigger:
 *	  - {field: RecordTypeId, one_of: [012000000000001AAA, 012000000000002AAA]}
 *	  - {field: Stage__c, equals: Enrolled}
 *	  - {field: Email, not_blank: true}
 *
 * Texts are compared without regard to case, Salesforce ids in either length, checkboxes as `true` and `false`. A blank equals nothing.
 */
#ifndef SUTURE_SYNC_TRIGGER_H
#define SUTURE_SYNC_TRIGGER_H

#include "sync/sync.h"

enum trigger_test { TRIGGER_EQUALS, TRIGGER_ONE_OF, TRIGGER_NOT_BLANK };

struct trigger_term {
	struct str field;
	enum trigger_test test;
	struct str *values; /* EQUALS: one; NOT_BLANK: none */
	size_t count;
};

struct trigger {
	struct trigger_term *terms;
	size_t count;
};

/* `spec`: the list above. ERR_CONFIG with the line. Everything lives in the arena, and borrows spec. */
int trigger_parse(struct arena *arena, const struct json *spec, struct trigger **ret, struct err *err) MUST_CHECK;
/* Does the record meet the condition? `crm` says how its ids are written. */
bool trigger_met(const struct trigger *t, struct arena *arena, const struct connector *crm, const struct json *record);

#endif
