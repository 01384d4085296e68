#include "codec/password.h"

#include <sodium.h>
#include <string.h>

static const struct password_cost usual = { .passes = 3, .memory = (size_t)64 << 20 };

static struct password_cost cost_of(const struct password_cost *cost)
{
	return cost->passes ? *cost : usual;
}

int password_hash(struct arena *arena, struct str password, const struct password_cost *cost, struct str *ret,
                  struct err *err)
{
	char *text = arena_alloc_bytes(arena, crypto_pwhash_STRBYTES);
	const struct password_cost c = cost_of(cost);

	must(sodium_init() >= 0);
	if (crypto_pwhash_str(text, password.len ? password.at : "", password.len, c.passes, c.memory) != 0)
		return err_set(err, ERR_SYSTEM, "there is not enough memory to hash a password: it takes %zu MB",
		               c.memory >> 20);
	*ret = str_of(text);
	return 0;
}

/* libsodium wants the hash NUL-terminated. */
static bool take(struct str hash, char (*ret)[crypto_pwhash_STRBYTES])
{
	if (hash.len == 0 || hash.len >= sizeof(*ret))
		return false;
	memset(*ret, 0, sizeof(*ret));
	memcpy(*ret, hash.at, hash.len);
	return true;
}

bool password_fits(struct str hash, struct str password)
{
	char text[crypto_pwhash_STRBYTES];

	must(sodium_init() >= 0);
	return take(hash, &text) && crypto_pwhash_str_verify(text, password.len ? password.at : "", password.len) == 0;
}

bool password_outdated(struct str hash, const struct password_cost *cost)
{
	char text[crypto_pwhash_STRBYTES];
	const struct password_cost c = cost_of(cost);

	return take(hash, &text) && crypto_pwhash_str_needs_rehash(text, c.passes, c.memory) != 0;
}
