/* Answers of EMRs: the first line says which, Hint or NikoHealth; the rest is as in far_ops.h. */
#include "far.h"
#include "far_ops.h"
#include "fuzz.h"

void fuzz_emr(struct str input)
{
	struct str rest = input, kind = fuzz_line(&rest);

	if (str_eq_c(kind, "nikohealth"))
		far_operate("nikohealth",
		            "{\"domain\":\"x\",\"host\":\"" FAR_BASE "\",\"client_id\":\"c\",\"client_secret\":\"s\"}",
		            rest);
	else
		far_operate("hint",
		            "{\"url\":\"" FAR_BASE
		            "/api\",\"token\":\"T\",\"webhook_secret\":\"k\",\"partner_key\":\"P\","
		            "\"integration\":\"int-1\"}",
		            rest);
}
