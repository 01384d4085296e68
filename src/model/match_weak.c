/*
 * match_weak: folded names and birth dates as texts that two records of one person share in spite of a nickname, a lost accent, names in the wrong
 * order, or day and month in the wrong order.
 *
 *	fold     case and marks gone (fold_search), only letters and digits kept: "De La Cruz" = "Delacruz", "O'Brien" = "OBrien"
 *	root     the first word of a first name, as the name that it is short for
 *	write    root, last name, birth date with a separator that no name holds
 *
 * The nickname table holds what is common in the United States and has one reading: "Alex" is not in it, for it stands for two
 * names, and its first letter is found all the same.
 */
#include "model/match_weak.h"

#include <stdlib.h>
#include <string.h>

#include "codec/fold.h"
#include "lib/limits.h"

/* In the order of the alphabet: searched by halves. */
static const struct nickname {
	const char *name, *root;
} nicknames[] = {
	{ "abby", "abigail" },        { "abe", "abraham" },       { "al", "albert" },        { "andy", "andrew" },
	{ "angie", "angela" },        { "barb", "barbara" },      { "beth", "elizabeth" },   { "betsy", "elizabeth" },
	{ "betty", "elizabeth" },     { "beverley", "beverly" },  { "bill", "william" },     { "billy", "william" },
	{ "bob", "robert" },          { "bobby", "robert" },      { "brad", "bradley" },     { "cathy", "catherine" },
	{ "chuck", "charles" },       { "cindy", "cynthia" },     { "cliff", "clifford" },   { "dan", "daniel" },
	{ "danny", "daniel" },        { "dave", "david" },        { "deb", "deborah" },      { "debbie", "deborah" },
	{ "debra", "deborah" },       { "dick", "richard" },      { "don", "donald" },       { "donny", "donald" },
	{ "doug", "douglas" },        { "ed", "edward" },         { "eddie", "edward" },     { "fran", "frances" },
	{ "frank", "francis" },       { "fred", "frederick" },    { "freddy", "frederick" }, { "geoff", "geoffrey" },
	{ "ginny", "virginia" },      { "greg", "gregory" },      { "hank", "henry" },       { "harry", "henry" },
	{ "jack", "john" },           { "jackie", "jacqueline" }, { "jake", "jacob" },       { "jeff", "jeffrey" },
	{ "jen", "jennifer" },        { "jenny", "jennifer" },    { "jerry", "gerald" },     { "jim", "james" },
	{ "jimmy", "james" },         { "joe", "joseph" },        { "joey", "joseph" },      { "johnny", "john" },
	{ "jon", "jonathan" },        { "josh", "joshua" },       { "judy", "judith" },      { "kate", "katherine" },
	{ "katharine", "katherine" }, { "kathy", "katherine" },   { "katie", "katherine" },  { "ken", "kenneth" },
	{ "kenny", "kenneth" },       { "kim", "kimberly" },      { "larry", "lawrence" },   { "len", "leonard" },
	{ "lenny", "leonard" },       { "liz", "elizabeth" },     { "lizzie", "elizabeth" }, { "lou", "louis" },
	{ "maggie", "margaret" },     { "mandy", "amanda" },      { "marge", "margaret" },   { "matt", "matthew" },
	{ "meg", "margaret" },        { "mickey", "michael" },    { "mike", "michael" },     { "mitch", "mitchell" },
	{ "nate", "nathan" },         { "nick", "nicholas" },     { "norm", "norman" },      { "paco", "francisco" },
	{ "pam", "pamela" },          { "patty", "patricia" },    { "peg", "margaret" },     { "peggy", "margaret" },
	{ "pepe", "jose" },           { "pete", "peter" },        { "phil", "philip" },      { "phillip", "philip" },
	{ "rich", "richard" },        { "rick", "richard" },      { "ricky", "richard" },    { "rob", "robert" },
	{ "robbie", "robert" },       { "rod", "rodney" },        { "ron", "ronald" },       { "ronnie", "ronald" },
	{ "russ", "russell" },        { "sally", "sarah" },       { "sandy", "sandra" },     { "shelly", "michelle" },
	{ "stan", "stanley" },        { "steph", "stephanie" },   { "stephen", "steven" },   { "steve", "steven" },
	{ "sue", "susan" },           { "susie", "susan" },       { "suzy", "susan" },       { "ted", "theodore" },
	{ "theresa", "teresa" },      { "tim", "timothy" },       { "tom", "thomas" },       { "tommy", "thomas" },
	{ "tony", "anthony" },        { "trish", "patricia" },    { "vicky", "victoria" },   { "vince", "vincent" },
	{ "walt", "walter" },         { "will", "william" },      { "willie", "william" },   { "zach", "zachary" },
	{ "zack", "zachary" },
};

static int compare_nickname(const void *key, const void *row)
{
	const struct str *name = key;
	const struct nickname *nickname = row;

	return str_cmp(*name, str_of(nickname->name));
}

struct str weak_root(struct str first_name)
{
	const struct nickname *found =
	        bsearch(&first_name, nicknames, ARRAY_LEN(nicknames), sizeof(nicknames[0]), compare_nickname);

	return found ? str_of(found->root) : first_name;
}

static bool is_kept(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* Letters and digits of the folded name; `one_word`: of its first word only, unless that leaves nothing. */
static struct str bare(struct arena *arena, struct str name, bool one_word)
{
	struct str folded = fold_search(arena, name);
	char *out = arena_alloc_bytes(arena, size_add(folded.len, 1));
	size_t len = 0;

	for (size_t i = 0; i < folded.len; i++) {
		if (is_kept(folded.at[i]))
			out[len++] = folded.at[i];
		else if (one_word && len > 0 && folded.at[i] == ' ')
			break;
	}
	return str_range(out, len);
}

/* The whole letter, which may take several bytes. */
static struct str letter(struct str name)
{
	size_t len = MIN_OF((size_t)1, name.len);

	while (len < name.len && ((unsigned char)name.at[len] & 0xc0) == 0x80)
		len++;
	return str_range(name.at, len);
}

static struct str join(struct arena *arena, struct str a, struct str b, struct str date)
{
	return arena_printf(arena, "%.*s|%.*s|%.*s", STR_ARG(a), STR_ARG(b), STR_ARG(date));
}

struct folded {
	struct str first, root, last, last_root; /* last_root: when it is the first name really */
	struct str first_whole, date;
};

static bool fold_all(struct arena *arena, const struct weak_names *names, struct folded *ret)
{
	*ret = (struct folded) {
		.first = bare(arena, names->first, true),
		.last = bare(arena, names->last, false),
		.first_whole = bare(arena, names->first, false),
		.last_root = weak_root(bare(arena, names->last, true)),
		.date = str_trim(names->birth_date),
	};
	ret->root = weak_root(ret->first);
	return ret->first.len > 0 && ret->last.len > 0;
}

bool weak_kept(struct arena *arena, const struct weak_names *names, struct str ret[WEAK_KINDS])
{
	struct folded f;

	if (!fold_all(arena, names, &f))
		return false;
	ret[WEAK_NAMES] = join(arena, f.root, f.last, f.date);
	ret[WEAK_INITIAL] = join(arena, letter(f.root), f.last, f.date);
	return true;
}

/* 1980-02-03 as 1980-03-02, if that is another date that can be meant: 2 March written the other way round. False: it cannot. */
static bool other_way_round(struct arena *arena, struct str date, struct str *ret)
{
	struct str year = str_range(date.at, 4), month, day;

	if (date.len != 10)
		return false;
	month = str_range(date.at + 5, 2);
	day = str_range(date.at + 8, 2);
	if (str_eq(month, day) || str_cmp(day, STR("12")) > 0)
		return false;
	*ret = arena_printf(arena, "%.*s-%.*s-%.*s", STR_ARG(year), STR_ARG(day), STR_ARG(month));
	return true;
}

size_t weak_probes(struct arena *arena, const struct weak_names *names, struct weak_probe ret[WEAK_PROBES])
{
	struct folded f;
	struct str date;
	size_t n = 0;

	if (!fold_all(arena, names, &f))
		return 0;
	ret[n++] = (struct weak_probe) { WEAK_NAMES, WEAK_FORM, join(arena, f.root, f.last, f.date) };
	ret[n++] = (struct weak_probe) { WEAK_NAMES, WEAK_SWAPPED, join(arena, f.last_root, f.first_whole, f.date) };
	if (other_way_round(arena, f.date, &date))
		ret[n++] = (struct weak_probe) { WEAK_NAMES, WEAK_DAY_MONTH, join(arena, f.root, f.last, date) };
	ret[n++] = (struct weak_probe) { WEAK_INITIAL, WEAK_LETTER, join(arena, letter(f.root), f.last, f.date) };
	if (!str_eq(letter(f.root), letter(f.first)))
		ret[n++] =
		        (struct weak_probe) { WEAK_INITIAL, WEAK_LETTER, join(arena, letter(f.first), f.last, f.date) };
	return n;
}

static const struct {
	const char *name, *meaning;
} whys[WEAK_WHYS] = {
	[WEAK_FORM] = { "other_form",
	                "same birth date and last name; the first name is another form of it, or an accent differs" },
	[WEAK_SWAPPED] = { "swapped", "same birth date; first and last name stand in each other's place" },
	[WEAK_DAY_MONTH] = { "day_month", "same names; day and month of the birth date stand in each other's place" },
	[WEAK_LETTER] = { "first_letter", "same birth date and last name, and the first names begin alike" },
};

const char *weak_why_name(enum weak_why why)
{
	ensure((size_t)why < ARRAY_LEN(whys));
	return whys[why].name;
}

const char *weak_why_meaning(enum weak_why why)
{
	ensure((size_t)why < ARRAY_LEN(whys));
	return whys[why].meaning;
}
