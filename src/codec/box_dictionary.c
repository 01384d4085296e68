/* Puts patients-1.dict (its path comes from the build) into the program as it is. */
#include "codec/box_dictionary.h"

__asm__(".section .rodata\n"
        ".balign 16\n"
        "suture_dictionary_1:\n"
        ".incbin \"" SUTURE_DICTIONARY_1 "\"\n"
        "suture_dictionary_1_end:\n"
        ".previous\n");

extern const char suture_dictionary_1[] __attribute__((visibility("hidden")));
extern const char suture_dictionary_1_end[] __attribute__((visibility("hidden")));

struct str box_dictionary_1(void)
{
	return str_range(suture_dictionary_1, (size_t)(suture_dictionary_1_end - suture_dictionary_1));
}
