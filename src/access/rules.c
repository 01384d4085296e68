#include "access/rules.h"

#include <string.h>

#include "codec/fold.h"
#include "lib/limits.h"

enum { DISTINCT_LEAST = 5 };

/*
 * What is left of the commonest passwords when digits, signs and case are taken away: "Password-2026!" is one word of this list. To add one: a row.
 */
static const char *const common[] = {
	"password",      "passwort",   "passphrase", "motdepasse", "contrasena", "qwerty",   "qwertyuiop", "qwertz",
	"azerty",        "asdfghjkl",  "letmein",    "welcome",    "willkommen", "changeme", "iloveyou",   "admin",
	"administrator", "suture",     "salesforce", "hint",       "nikohealth", "clinic",   "practice",   "hospital",
	"health",        "healthcare", "patient",    "patients",   "doctor",     "medical",  "secret",     "monkey",
	"dragon",        "sunshine",   "princess",   "football",   "baseball",   "superman", "trustno",    "master",
	"default",       "test",       "testing",    "summer",     "winter",     "spring",   "autumn",     "january",
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static struct str letters_of(struct arena *arena, struct str folded)
{
	char *kept = arena_alloc_bytes(arena, folded.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < folded.len; i++) {
		if (is_letter(folded.at[i]))
			kept[len++] = folded.at[i];
	}
	return str_range(kept, len);
}

static size_t distinct(struct str text)
{
	bool seen[256] = { false };
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.at[i];

		count += !seen[c];
		seen[c] = true;
	}
	return count;
}

/* The text made of `word`, once or over and over. */
static bool repeats(struct str text, struct str word)
{
	if (word.len == 0 || text.len == 0 || text.len % word.len)
		return false;
	for (size_t i = 0; i < text.len; i += word.len) {
		if (memcmp(text.at + i, word.at, word.len) != 0)
			return false;
	}
	return true;
}

/* Every character the one after the one before, or the one before it: 123456789012, abcdefghijkl, with a fresh start at most each fifth. */
static bool is_sequence(struct str text)
{
	size_t steps = 0;

	for (size_t i = 1; i < text.len; i++) {
		const int step = text.at[i] - text.at[i - 1];

		steps += step == 1 || step == -1 || step == 0;
	}
	return steps * 5 >= (text.len - 1) * 4;
}

static bool is_common(struct arena *arena, struct str folded, struct str name)
{
	struct str letters = letters_of(arena, folded), own = letters_of(arena, fold_name(arena, name));

	for (size_t i = 0; i < ARRAY_LEN(common); i++) {
		if (repeats(letters, str_of(common[i])))
			return true;
	}
	return repeats(letters, own) ||
	       (name.len >= 4 && folded.len - MIN_OF(name.len, folded.len) < PASSWORD_LEAST / 2 &&
	        str_find(folded, name) >= 0);
}

int rules_password(struct arena *arena, struct str password, struct str name, struct err *err)
{
	struct str folded = fold_name(arena, password);

	if (fold_length(password) < PASSWORD_LEAST)
		return err_set(err, ERR_DATA,
		               "the password is too short: it needs at least %d characters; a few words do well",
		               PASSWORD_LEAST);
	if (password.len > LIMIT_PASSWORD)
		return err_set(err, ERR_DATA, "the password is longer than %d bytes", LIMIT_PASSWORD);
	if (memchr(password.at, '\0', password.len) || folded.len == 0)
		return err_set(err, ERR_DATA, "the password holds what cannot be typed");
	if (distinct(folded) < DISTINCT_LEAST || is_sequence(folded) || is_common(arena, folded, name))
		return err_set(err, ERR_DATA,
		               "the password is one of those that are tried first: take a few words that do not belong "
		               "together");
	return 0;
}
