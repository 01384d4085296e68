/* far_ops: every operation of a connector, judged by laws. See far.h for the form of `input`; its first line is "list Contact", "write patient" and the like. */
#ifndef SUTURE_TESTS_FUZZ_FAR_OPS_H
#define SUTURE_TESTS_FUZZ_FAR_OPS_H

#include "lib/str.h"

void far_operate(const char *kind, const char *settings, struct str input);

#endif
