/* entry: one target as a program of libFuzzer. FUZZ_RUN is the target's function. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len > FUZZ_INPUT_MAX)
		return -1;
	FUZZ_RUN(str_range((const char *)bytes, len));
	return 0;
}
