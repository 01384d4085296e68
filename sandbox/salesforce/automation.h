/* automation: triggers of the org that spell values their own way before they are saved. The setting `respell` names them. */
#ifndef SUTURE_SANDBOX_SALESFORCE_AUTOMATION_H
#define SUTURE_SANDBOX_SALESFORCE_AUTOMATION_H

#include "sandbox/salesforce/record.h"

/* After the draft was checked, before it is stored. Only what the draft gives is respelled. */
void automation_respell(struct draft *draft);

#endif
