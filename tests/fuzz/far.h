/*
 * far: a far side whose answers are the input. While a target runs, the calls of the HTTP client that connectors make (net/http.h) end here instead (the linker's
 * --wrap), so that a whole connector is judged by its answers, without sockets or waiting. Each answer is a part of the input (fuzz_part):
 *
 *	200
 *	Header: value
 *
 *	body
 *	----
 *	0                     nothing came: the request timed out
 *
 * Signing in is answered by itself. When the answers are used up, each further call fails as if the client were stopped.
 */
#ifndef SUTURE_TESTS_FUZZ_FAR_H
#define SUTURE_TESTS_FUZZ_FAR_H

#include "connectors/connector.h"

#define FAR_BASE "https://far.example"

/* Answers of all calls from now on; *stop, where given, is set when they are used up. */
void far_answers(struct str parts, atomic_bool *stop);
/* A connection of this kind with these settings (JSON). Never fails: they are ours. */
struct connection *far_connect(const char *kind, const char *settings);
/* What an error of a connector may be: a code and a sentence, without what a log must not hold. */
void far_law_err(int code, const struct err *err);

#endif
