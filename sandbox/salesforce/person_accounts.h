/*
 * person_accounts: one person as an Account and a Contact half that mirror each other (section 9.3). Their fields are in the
 * schema from the start and stay hidden until the setting `person_accounts` (or --person-accounts) shows them.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_PERSON_ACCOUNTS_H
#define SUTURE_SANDBOX_SALESFORCE_PERSON_ACCOUNTS_H

#include "sandbox/salesforce/record.h"

/* Once, when the objects are complete and empty. */
void person_accounts_open(struct org *org);
/* Shows or hides the fields as the setting says; the record type is made the first time. */
void person_accounts_apply(struct org *org);
/* Before a draft is checked as a whole: what a person needs besides, and what may not be given. `number` NO_ROW: an insert. */
void person_prepare(struct draft *draft, uint32_t number);
/* After a row was stored: the other half follows. */
void person_follow(struct org *org, struct object *object, uint32_t number, uint32_t user);

#endif
