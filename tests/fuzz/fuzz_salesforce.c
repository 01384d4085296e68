/* Answers of an org: pages, collections, describe, Bulk API with its CSV, search, change events over Bayeux. */
#include "far.h"
#include "far_ops.h"
#include "fuzz.h"

void fuzz_salesforce(struct str input)
{
	far_operate("salesforce",
	            "{\"login_url\":\"" FAR_BASE
	            "\",\"client_id\":\"app\",\"client_secret\":\"secret\",\"hook_secret\":\"topsecret\"}",
	            input);
}
