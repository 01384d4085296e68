/*
 * Who is who. An identity is first name, last name and birth date, normalised and hashed into a key (R7); a record that lacks
 * one of them, or carries a placeholder in its place, has no identity and matches nobody. match_decide() then only counts.
 *
 * Placeholders agree with each other and so produce the most confident wrong links of all: two hundred newborns are called
 * "Baby Girl". The price of this list is that somebody whose family name is Null is never linked by demographics; a person can.
 */
#include "model/match.h"

#include "codec/fold.h"
#include "lib/limits.h"
#include "model/calendar.h"

#include <string.h>

static const char *const placeholder_dates[] = {
	"1900-01-01", "1901-01-01", "1899-12-30", "1899-12-31", "1800-01-01", "1970-01-01", "9999-12-31",
};

/* Compared after folding, with everything that is no letter read as a blank. As first or last name, or as both together. */
static const char *const placeholder_names[] = {
	"test",    "test patient", "patient",    "patient test", "unknown",  "unk",       "none",     "null",
	"na",      "n a",          "do not use", "duplicate",    "delete",   "anonymous", "john doe", "jane doe",
	"temp",    "demo",         "dummy",      "baby",         "baby boy", "baby girl", "boy",      "girl",
	"newborn", "infant",       "male",       "female",       "twin a",   "twin b",
};

/* Letters of the folded name, other characters as single blanks: "Baby-Girl 2" gives "baby girl". */
static struct str letters_of(struct arena *arena, struct str folded)
{
	char *out = arena_alloc_bytes(arena, size_add(folded.len, 1));
	size_t len = 0;

	for (size_t i = 0; i < folded.len; i++) {
		char c = folded.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;

		if (letter)
			out[len++] = c;
		else if (len > 0 && out[len - 1] != ' ')
			out[len++] = ' ';
	}
	return str_trim(str_range(out, len));
}

/* "xxx", "zzzz" */
static bool is_filler(struct str letters)
{
	if (letters.len < 3 || (letters.at[0] != 'x' && letters.at[0] != 'z'))
		return false;
	for (size_t i = 1; i < letters.len; i++)
		if (letters.at[i] != letters.at[0])
			return false;
	return true;
}

static bool is_placeholder(struct str letters)
{
	if (letters.len == 0 || is_filler(letters))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(placeholder_names); i++)
		if (letters.at[0] == placeholder_names[i][0] && str_eq_c(letters, placeholder_names[i]))
			return true;
	return false;
}

static bool is_placeholder_date(struct str date)
{
	for (size_t i = 0; i < ARRAY_LEN(placeholder_dates); i++)
		if (str_eq_c(date, placeholder_dates[i]))
			return true;
	return false;
}

static bool are_placeholders(struct arena *arena, struct str first, struct str last)
{
	struct str a = letters_of(arena, first), b = letters_of(arena, last);

	return is_placeholder(a) || is_placeholder(b) ||
	       is_placeholder(arena_printf(arena, "%.*s %.*s", STR_ARG(a), STR_ARG(b)));
}

static const char *why_incomplete(struct arena *arena, struct str first, struct str last, struct str date)
{
	struct calendar_date day;

	if (first.len == 0)
		return "first name is missing";
	if (last.len == 0)
		return "last name is missing";
	if (date.len == 0)
		return "birth date is missing";
	if (!calendar_parse_iso(date, &day))
		return "birth date is no calendar date";
	if (is_placeholder_date(date))
		return "the birth date is a placeholder";
	if (are_placeholders(arena, first, last))
		return "the name is a placeholder";
	return NULL;
}

/* Not through printf, which stops at a NUL: JSON may hold one. */
static struct digest16 key_of(struct str first, struct str last, struct str date)
{
	SCOPED(buf) struct buf key = BUF_INIT(LIMIT_PAYLOAD);

	buf_add(&key, first);
	buf_add_char(&key, '\x1f');
	buf_add(&key, last);
	buf_add_char(&key, '\x1f');
	buf_add(&key, date);
	return digest_content(buf_str(&key));
}

struct identity identity_of(struct arena *arena, struct value first, struct value last, struct value birth_date)
{
	struct str given = value_is_blank(first) ? STR_EMPTY : fold_name(arena, first.text);
	struct str family = value_is_blank(last) ? STR_EMPTY : fold_name(arena, last.text);
	struct str date = value_is_blank(birth_date) ? STR_EMPTY : str_trim(birth_date.text);
	struct identity who = { .missing = why_incomplete(arena, given, family, date) };

	if (who.missing)
		return who;
	who.complete = true;
	who.key = key_of(given, family, date);
	return who;
}

/* The same record may be handed over twice, found in the index and in the search. */
static bool are_several(const struct match_candidate *candidates, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!str_eq(candidates[i].id, candidates[0].id))
			return true;
	return false;
}

static const struct match_candidate *the_one(const struct match_question *question)
{
	for (size_t i = 0; i < question->candidate_count; i++)
		if (question->candidates[i].linked)
			return &question->candidates[i];
	return &question->candidates[0];
}

struct match_answer match_decide(const struct match_question *question)
{
	const struct match_candidate *one;

	if (!question->who.complete)
		return (struct match_answer) { MATCH_INCOMPLETE, NULL, question->who.missing };
	if (question->candidate_count == 0)
		return (struct match_answer) { MATCH_NONE, NULL, "nobody has this name and birth date" };
	if (are_several(question->candidates, question->candidate_count))
		return (struct match_answer) { MATCH_AMBIGUOUS, NULL, "several records have this name and birth date" };
	one = the_one(question);
	if (one->linked)
		return (struct match_answer) { MATCH_ALREADY_LINKED, one,
			                       "the only candidate is linked to another record" };
	if (question->same_side > 1)
		return (struct match_answer) { MATCH_AMBIGUOUS, NULL,
			                       "several records of the asking side have this name and birth date" };
	return (struct match_answer) { MATCH_LINK, one, "the only one with this name and birth date" };
}
