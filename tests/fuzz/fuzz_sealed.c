/*
 * Bytes that claim to be sealed, packed or signed: a line says what (box, gzip, jws), the rest is it. Nothing that we did not make is opened, what we made is, and
 * only for its place.
 */
#include "fuzz.h"

#include "codec/box.h"
#include "codec/gunzip.h"
#include "codec/jws.h"

static const char key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static void box(struct arena *arena, struct str text)
{
	static struct keyring *ring; /* one for all inputs */
	struct err err = ERR_INIT;
	struct str sealed, plain;

	if (!ring)
		law(keyring_open(str_of(key), &ring, &err) == 0);
	law(box_open(ring, arena, "staged.body", text, &plain, &err) < 0 && box_is_broken(err.code));
	sealed = box_seal(ring, arena, "staged.body", text);
	law(box_open(ring, arena, "staged.body", sealed, &plain, &err) == 0 && str_eq(plain, text));
	law(box_open(ring, arena, "link.base", sealed, &plain, &err) == ERR_KEY);
	((char *)(uintptr_t)sealed.at)[str_hash(text) % sealed.len] ^= 1;
	law(box_open(ring, arena, "staged.body", sealed, &plain, &err) < 0);
}

static void gzip(struct arena *arena, struct str packed)
{
	static const size_t lengths[] = { 0, 5, 4096 };
	struct err err = ERR_INIT;
	struct str plain;

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		if (gunzip(arena, packed, lengths[i], &plain, &err) < 0)
			law(err.code == ERR_DATA);
		else
			law(plain.len == lengths[i]);
	}
}

#define KEYS                                                                                                         \
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"kid\":\"e\",\"x\":"                        \
	"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"    \
	"{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1Wl\",\"e\":" \
	"\"AQAB\"}]}"

/* A part of two: the token, then the keys; without keys ours, whose private halves nobody here has. */
static void jws(struct arena *arena, struct str rest)
{
	struct str token = fuzz_part(&rest);
	struct err err = ERR_INIT, ignored = ERR_INIT;
	struct json *keys = NULL, *claims;
	bool ours = rest.len == 0;

	if (json_parse(arena, ours ? STR(KEYS) : rest, &keys, &ignored) < 0)
		return;
	if (jws_open(arena, str_trim(token), keys, &claims, &err) < 0)
		law(err.code == ERR_PARSE || err.code == ERR_NOT_FOUND || err.code == ERR_REFUSED);
	else
		law(!ours);
}

void fuzz_sealed(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str rest = input, what = fuzz_line(&rest);

	if (str_eq_c(what, "gzip"))
		gzip(&arena, rest);
	else if (str_eq_c(what, "jws"))
		jws(&arena, rest);
	else
		box(&arena, rest);
}
