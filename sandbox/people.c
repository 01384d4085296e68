/*
 * people: person n of a seed. Everything is a draw: people_draw(seed, who, purpose) is a hash, so no state is carried and
 * nobody depends on who was made before.
 *
 *	person_make -> place_in_block (which household, which role) -> household_make (what all share)
 *	            -> identity (names, birth date, sex) -> contact data -> practice data -> noise (how it was typed)
 */
#include "sandbox/people.h"

#include <string.h>

#include "sandbox/people/tables.h"
#include "sandbox/people/years.h"

enum salt {
	SALT_SIZE = 1,
	SALT_FAMILY,
	SALT_FAMILY_KIND,
	SALT_KIND,
	SALT_CITY,
	SALT_STREET,
	SALT_HOUSE,
	SALT_HOME_PHONE,
	SALT_MAIL,
	SALT_INSURED,
	SALT_PAYER,
	SALT_MEMBER,
	SALT_BIRTH,
	SALT_SEX,
	SALT_GIVEN,
	SALT_GIVEN_KIND,
	SALT_MIDDLE,
	SALT_CHOSEN,
	SALT_PHONE,
	SALT_PHONE_TYPE,
	SALT_PHONE_NOISE,
	SALT_SSN,
	SALT_NOISE,
	SALT_BLANK,
	SALT_PLACEHOLDER,
	SALT_NAMESAKE,
	SALT_PRACTICE,
	SALT_FLAGS,
	SALT_CREATED,
	SALT_UPDATED,
	SALT_TITLE,
	SALT_EMERGENCY,
	SALT_APARTMENT,
	SALT_STAFF,
	SALT_ID
};

enum role { ROLE_ADULT, ROLE_SPOUSE, ROLE_CHILD, ROLE_TWIN, ROLE_SENIOR, ROLE_JUNIOR };

struct household {
	uint64_t id;
	uint64_t key;       /* seed of its draws */
	size_t size, place; /* how many live here; which of them is asked for */
	const struct foreign_name *foreign;
	const struct city *city;
	struct str family, family2, line1, line2, zip, home_phone, email, payer, payer_id, group_id, member_stem;
	bool fathers_name; /* Sr and Jr */
	int head_year;
};

uint64_t people_draw(uint64_t seed, uint64_t n, uint64_t salt)
{
	uint64_t x =
	        seed * 0x9E3779B97F4A7C15u + n * 0xBF58476D1CE4E5B9u + salt * 0x94D049BB133111EBu + 0x2545F4914F6CDD1Du;

	for (int round = 0; round < 2; round++) {
		x ^= x >> 30;
		x *= 0xBF58476D1CE4E5B9u;
		x ^= x >> 27;
		x *= 0x94D049BB133111EBu;
		x ^= x >> 31;
	}
	return x;
}

/* 0 to count - 1, the low numbers more often: the smaller of two draws. */
static size_t skewed(uint64_t dice, size_t count)
{
	size_t a = (uint32_t)dice % count, b = (uint32_t)(dice >> 32) % count;

	return MIN_OF(a, b);
}

static struct str word(const struct words *words, uint64_t dice)
{
	return str_of(words->at[skewed(dice, words->count)]);
}

static bool chance(uint64_t dice, unsigned per_mille)
{
	return dice % 1000 < per_mille;
}

static struct str phone_digits(struct arena *arena, const char *area, uint64_t dice)
{
	return arena_printf(arena, "%s%03u%04u", area, (unsigned)(200 + dice % 800), (unsigned)((dice >> 20) % 10000));
}

/* Sizes of the households of a block, drawn until its twelve places are full. */
static void place_in_block(uint64_t seed, uint64_t n, struct household *h)
{
	static const unsigned char sizes[] = { 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 5 };
	uint64_t block = n / PEOPLE_BLOCK;
	size_t wanted = n % PEOPLE_BLOCK, start = 0, size = 0;

	for (size_t i = 0; start + size <= wanted; i++) {
		start += size;
		size = sizes[people_draw(seed, block * PEOPLE_BLOCK + i, SALT_SIZE) % ARRAY_LEN(sizes)];
		size = MIN_OF(size, PEOPLE_BLOCK - start);
	}
	h->id = block * PEOPLE_BLOCK + start;
	h->size = size;
	h->place = wanted - start;
	h->key = people_draw(seed, h->id, SALT_FAMILY);
}

static const struct words *family_list(uint64_t dice)
{
	static const struct {
		unsigned below;
		const struct words *words;
	} kinds[] = {
		{ 880, &family_names },    { 925, &hyphen_names },   { 960, &apostrophe_names },
		{ 994, &accent_families }, { 1000, &long_families },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (dice % 1000 < kinds[i].below)
			return kinds[i].words;
	unreachable("the last row takes all");
}

static void household_names(struct household *h)
{
	uint64_t kind = people_draw(h->key, 0, SALT_FAMILY_KIND);

	if (chance(people_draw(h->key, 1, SALT_FAMILY_KIND), 15)) {
		h->foreign = &foreign_names[kind % foreign_count];
		h->family = h->family2 = str_of(h->foreign->family);
		return;
	}
	h->family = word(family_list(kind), people_draw(h->key, 2, SALT_FAMILY_KIND));
	/* One spouse in six keeps another name. */
	h->family2 = chance(people_draw(h->key, 3, SALT_FAMILY_KIND), 167)
	                     ? word(&family_names, people_draw(h->key, 4, SALT_FAMILY_KIND))
	                     : h->family;
}

static void household_address(struct arena *arena, struct household *h)
{
	uint64_t street = people_draw(h->key, 0, SALT_STREET), house = people_draw(h->key, 0, SALT_HOUSE);

	h->city = &cities[people_draw(h->key, 0, SALT_CITY) % city_count];
	h->zip = arena_printf(arena, "%s%02u", h->city->zip3, (unsigned)(house >> 32) % 100);
	if (chance(house >> 8, 60)) {
		h->line1 = arena_printf(arena, "PO Box %u", (unsigned)(house % 9900 + 10));
		return;
	}
	h->line1 = arena_printf(arena, "%u %s %s", (unsigned)(house % 9900 + 10), word(&street_names, street).at,
	                        word(&street_kinds, street >> 7).at);
	if (chance(people_draw(h->key, 0, SALT_APARTMENT), 180))
		h->line2 = arena_printf(arena, "Apt %u", (unsigned)(people_draw(h->key, 1, SALT_APARTMENT) % 40 + 1));
}

static void household_insurance(struct arena *arena, struct household *h)
{
	const struct payer *payer = &payers[people_draw(h->key, 0, SALT_PAYER) % payer_count];
	uint64_t dice = people_draw(h->key, 0, SALT_MEMBER);

	if (chance(people_draw(h->key, 0, SALT_INSURED), 150))
		return;
	h->payer = str_of(payer->name);
	h->payer_id = str_of(payer->id);
	h->group_id = arena_printf(arena, "GRP-%04u", (unsigned)(dice % 10000));
	h->member_stem = arena_printf(arena, "%s%08u", payer->member, (unsigned)((dice >> 16) % 100000000));
}

static void household_make(struct arena *arena, uint64_t seed, uint64_t n, struct household *h)
{
	*h = (struct household) { 0 };
	place_in_block(seed, n, h);
	household_names(h);
	household_address(arena, h);
	household_insurance(arena, h);
	h->fathers_name = h->size == 2 && chance(people_draw(h->key, 0, SALT_KIND), 120);
	h->head_year =
	        1938 + (int)(people_draw(h->key, 0, SALT_BIRTH) % (h->size >= 3 ? 45 : 64)) + (h->size >= 3 ? 12 : 0);
	if (h->fathers_name)
		h->head_year = MIN_OF(h->head_year, 1975);
	h->home_phone = phone_digits(arena, h->city->area, people_draw(h->key, 0, SALT_HOME_PHONE));
	h->email = arena_printf(arena, "family%u@%s", (unsigned)(people_draw(h->key, 0, SALT_MAIL) % 1000000),
	                        word(&mail_domains, people_draw(h->key, 1, SALT_MAIL)).at);
}

static enum role role_of(const struct household *h)
{
	/* The third and fourth of a family of four or more are twins once in five. */
	bool twins = h->size >= 4 && chance(people_draw(h->key, 1, SALT_KIND), 200);

	if (h->fathers_name)
		return h->place == 0 ? ROLE_SENIOR : ROLE_JUNIOR;
	if (h->place == 0)
		return ROLE_ADULT;
	if (h->place == 1 && (h->size > 2 || chance(people_draw(h->key, 2, SALT_KIND), 800)))
		return ROLE_SPOUSE;
	return twins && h->place <= 3 ? ROLE_TWIN : ROLE_CHILD;
}

static struct str birth_date(struct arena *arena, const struct household *h, enum role role)
{
	uint64_t who = role == ROLE_TWIN ? 1000 : h->place; /* twins share the draw */
	uint64_t dice = people_draw(h->key, who + 1, SALT_BIRTH);
	int year = h->head_year;
	unsigned month = (unsigned)(dice % 12) + 1;

	if (role == ROLE_SPOUSE)
		year += (int)((dice >> 8) % 9) - 4;
	if (role == ROLE_CHILD || role == ROLE_TWIN || role == ROLE_JUNIOR)
		year = MIN_OF(year + 22 + (int)((dice >> 8) % 16), 2023);
	return arena_printf(arena, "%04d-%02u-%02u", year, month,
	                    (unsigned)((dice >> 16) % years_days_in_month(year, month)) + 1);
}

static const struct words *given_list(bool female, uint64_t dice)
{
	if (chance(dice, 35))
		return female ? &accent_female : &accent_male;
	if (chance(dice >> 16, 35))
		return female ? &compound_female : &compound_male;
	return female ? &given_female : &given_male;
}

static struct str given_name(const struct household *h, enum role role, bool female)
{
	uint64_t who = role == ROLE_JUNIOR ? 0 : h->place; /* the son has his father's name */
	uint64_t dice = people_draw(h->key, who, SALT_GIVEN);

	if (h->foreign)
		return str_of(female ? h->foreign->female : h->foreign->male);
	/* Children of one household take turns in the list, so that no two of them share a name. */
	if (role == ROLE_CHILD || role == ROLE_TWIN) {
		const struct words *list = female ? &given_female : &given_male;
		uint64_t start = skewed(people_draw(h->key, 99, SALT_GIVEN), list->count);

		return str_of(list->at[(start + 7 * h->place) % list->count]);
	}
	return word(given_list(female, people_draw(h->key, who, SALT_GIVEN_KIND)), dice);
}

static bool is_female(const struct household *h, enum role role)
{
	bool head = !h->fathers_name && people_draw(h->key, 0, SALT_SEX) % 2 == 0;

	if (role == ROLE_ADULT || role == ROLE_SENIOR || role == ROLE_JUNIOR)
		return head;
	if (role == ROLE_SPOUSE)
		return chance(people_draw(h->key, 1, SALT_SEX), 950) ? !head : head;
	return people_draw(h->key, h->place, SALT_SEX) % 2 == 0;
}

static void make_identity(struct arena *arena, const struct household *h, enum role role, struct person *p)
{
	bool female = is_female(h, role);
	uint64_t gender = people_draw(h->key, h->place, SALT_FLAGS) >> 20;

	p->first = given_name(h, role, female);
	p->last = role == ROLE_SPOUSE ? h->family2 : h->family;
	p->dob = birth_date(arena, h, role);
	p->sex = p->gender = female ? STR("female") : STR("male");
	if (role == ROLE_SENIOR || role == ROLE_JUNIOR)
		p->suffix = role == ROLE_SENIOR ? STR("Sr.") : STR("Jr.");
	if (chance(gender, 400))
		p->gender_identity = female ? STR("woman") : STR("man");
	if (chance(gender >> 10, 300))
		p->pronouns = female ? STR("She/Her/Hers") : STR("He/Him/His");
	if (chance(gender >> 20, 8)) {
		p->gender_identity = STR("nonbinary");
		p->pronouns = STR("They/Them/Theirs");
	}
}

/* Two families of one generated name and birth date: the head of the block before lends its identity, once in 80 blocks. */
static void maybe_namesake(struct arena *arena, uint64_t seed, uint64_t n, struct person *p)
{
	uint64_t block = n / PEOPLE_BLOCK;
	struct household before;

	if (n % PEOPLE_BLOCK != 0 || block == 0 || block % 80 != 1 + people_draw(seed, block / 80, SALT_NAMESAKE) % 78)
		return;
	household_make(arena, seed, n - PEOPLE_BLOCK, &before);
	make_identity(arena, &before, role_of(&before), p);
}

static void make_given_extras(struct arena *arena, const struct household *h, struct person *p)
{
	uint64_t dice = people_draw(h->key, h->place, SALT_MIDDLE);
	uint64_t title = people_draw(h->key, h->place, SALT_TITLE);

	if (chance(dice, 450))
		p->middle = chance(dice >> 12, 300)
		                    ? arena_printf(arena, "%c.", (char)('A' + (dice >> 24) % 26))
		                    : word(str_eq_c(p->sex, "female") ? &given_female : &given_male, dice >> 8);
	if (chance(title, 250) && !p->child)
		p->title = chance(title >> 12, 60) ? STR("Dr.") : str_eq_c(p->sex, "female") ? STR("Ms.") : STR("Mr.");
	for (size_t i = 0; i < nickname_count; i++)
		if (str_eq_c(p->first, nicknames[i].given) && chance(people_draw(h->key, h->place, SALT_CHOSEN), 450))
			p->chosen_first = str_of(nicknames[i].chosen);
}

static void add_phone(struct person *p, struct str number, const char *type)
{
	p->phones[p->phone_count++] = (struct person_phone) { number, str_of(type) };
}

/* A number as people type it: nine in ten plain digits. Each # takes the next digit. */
static struct str typed_phone(struct arena *arena, struct str digits, uint64_t dice)
{
	static const char *const forms[] = {
		"(###) ###-####", "###-###-####", "###.###.####", "+1 ### ### ####", "########## x12", " ##########",
	};
	const char *form = forms[(dice >> 16) % ARRAY_LEN(forms)];
	size_t len = strlen(form), next = 0;
	char *text;

	if (!chance(dice, 100))
		return digits;
	text = arena_alloc_bytes(arena, len + 1);
	for (size_t i = 0; i <= len; i++)
		text[i] = form[i] == '#' ? digits.at[next++] : form[i];
	return str_range(text, len);
}

static void make_phones(struct arena *arena, const struct household *h, struct person *p)
{
	static const char *const mobile_types[] = { "mobile", "mobile", "mobile", "Cell", "Mobile Phone" };
	static const char *const office_types[] = { "office", "work", "Business Phone", "fax" };
	uint64_t who = p->child ? 0 : h->place; /* a child is reached on a parent's phone */
	uint64_t dice = people_draw(h->key, h->place, SALT_PHONE), type = people_draw(h->key, who, SALT_PHONE_TYPE);
	struct str own = phone_digits(arena, h->city->area, people_draw(h->key, who + 1, SALT_PHONE));

	if (!chance(dice, 60))
		add_phone(p, typed_phone(arena, own, people_draw(h->key, h->place, SALT_PHONE_NOISE)),
		          mobile_types[type % ARRAY_LEN(mobile_types)]);
	if (chance(dice >> 10, 450))
		add_phone(p, typed_phone(arena, h->home_phone, people_draw(h->key, h->place + 50, SALT_PHONE_NOISE)),
		          chance(type >> 8, 100) ? "Home Phone" : "home");
	if (chance(dice >> 20, 150) && !p->child)
		add_phone(p, phone_digits(arena, h->city->area, people_draw(h->key, h->place + 80, SALT_PHONE)),
		          office_types[(type >> 16) % ARRAY_LEN(office_types)]);
}

/* The ASCII letters of a name in small letters; "patient" when it has none. */
static struct str mail_part(struct arena *arena, struct str name)
{
	char *text = arena_alloc_bytes(arena, name.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			text[len++] = (char)(c | 32);
	}
	text[len] = '\0';
	return len ? str_range(text, len) : STR("patient");
}

static struct str make_email(struct arena *arena, const struct household *h, const struct person *p)
{
	uint64_t dice = people_draw(h->key, h->place, SALT_MAIL),
	         domain = people_draw(h->key, h->place + 10, SALT_MAIL);
	bool shares = h->size > 1 && chance(people_draw(h->key, 2, SALT_MAIL), 400);
	struct str first, last;

	if (chance(dice, 90))
		return STR_EMPTY;
	if (p->child || shares)
		return h->email;
	first = mail_part(arena, p->first);
	last = mail_part(arena, p->last);
	return arena_printf(arena, "%.*s.%.*s%u@%s", (int)MIN_OF(first.len, (size_t)20), first.at,
	                    (int)MIN_OF(last.len, (size_t)25), last.at, (unsigned)(dice >> 32) % 100000,
	                    word(&mail_domains, domain).at);
}

static void make_contact_data(struct arena *arena, const struct household *h, struct person *p)
{
	uint64_t blank = people_draw(h->key, h->place, SALT_BLANK);

	make_phones(arena, h, p);
	p->email = make_email(arena, h, p);
	p->country = chance(blank, 100) ? STR_EMPTY : STR("United States");
	if (chance(blank >> 10, 40))
		return;
	p->line1 = h->line1;
	p->line2 = h->line2;
	p->city = str_of(h->city->name);
	p->state = str_of(h->city->state);
	p->zip = chance(blank >> 20, 50)
	                 ? arena_printf(arena, "%.*s-%04u", STR_ARG(h->zip), (unsigned)(blank >> 32) % 10000)
	                 : h->zip;
}

static void make_emergency(const struct household *h, struct person *p)
{
	uint64_t dice = people_draw(h->key, h->place, SALT_EMERGENCY);
	bool female = dice >> 40 & 1;

	if (chance(dice, 500))
		return;
	p->emergency_first = word(female ? &given_female : &given_male, dice >> 3);
	p->emergency_last = h->family;
	p->emergency_relationship = p->child ? STR("parent") : chance(dice >> 12, 600) ? STR("spouse") : STR("sibling");
	p->emergency_phone = h->home_phone;
}

static void make_practice_data(struct arena *arena, const struct household *h, struct person *p)
{
	static const char *const statuses[] = {
		"active", "active", "active", "active", "inactive", "pending", "unpaid"
	};
	uint64_t dice = people_draw(h->key, h->place, SALT_PRACTICE), flags = people_draw(h->key, h->place, SALT_FLAGS);
	uint64_t ssn = people_draw(h->key, h->place, SALT_SSN);

	p->membership = str_of(statuses[dice % ARRAY_LEN(statuses)]);
	p->practitioner = (unsigned)(people_draw(h->key, 0, SALT_STAFF) % 97 + 1);
	p->location = (unsigned)(people_draw(h->key, 1, SALT_STAFF) % 97 + 1);
	p->lead_source = chance(dice >> 10, 400) ? (unsigned)(dice >> 20) % 97 + 1 : 0;
	if (chance(dice >> 30, 60))
		p->practitioner = 0;
	p->consent = chance(flags, 700);
	p->agreement = chance(flags >> 4, 800);
	p->terms = chance(flags >> 8, 800);
	p->hipaa = chance(flags >> 12, 850);
	p->tobacco = !p->child && chance(flags >> 16, 120);
	p->engaged = chance(flags >> 24, 500);
	p->language = chance(dice >> 40, 80) ? STR("es") : STR("en");
	if (!chance(ssn, 300)) /* 9xx-xx-xxxx is never issued */
		p->ssn = arena_printf(arena, "9%08u", (unsigned)(ssn >> 16) % 100000000);
	if (h->payer.len) {
		p->payer = h->payer;
		p->payer_id = h->payer_id;
		p->group_id = h->group_id;
		p->member_id = arena_printf(arena, "%.*s-%02u", STR_ARG(h->member_stem), (unsigned)h->place);
	}
	if (!p->child && chance(dice >> 44, 80))
		p->company = word(&companies, dice >> 8);
}

static void make_times(const struct household *h, struct person *p)
{
	const int64_t start = 1514822400000000, second = 1000000; /* 2018-01-01 08:00 */
	uint64_t joined = people_draw(h->key, 0, SALT_CREATED), later = people_draw(h->key, h->place, SALT_UPDATED);

	/* A household joins together, a few minutes apart; changes until the end of 2024. */
	p->created_us = start + (int64_t)(joined % 189000000) * second + (int64_t)h->place * 180 * second +
	                (int64_t)(people_draw(h->key, h->place, SALT_CREATED) % 60000000);
	p->updated_us = p->created_us + (int64_t)(later % (uint64_t)(1735689600 * second - p->created_us));
}

static struct str upper_ascii(struct arena *arena, struct str text)
{
	char *copy = arena_text(arena, text);

	for (char *c = copy; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 32);
	return str_range(copy, text.len);
}

/* How the practice typed the names: one in twenty in capitals or with stray blanks. */
static void make_noise(struct arena *arena, const struct household *h, struct person *p)
{
	uint64_t dice = people_draw(h->key, h->place, SALT_NOISE);

	p->first_shown = p->first;
	p->last_shown = p->last;
	if (chance(dice, 20)) {
		p->first_shown = upper_ascii(arena, p->first);
		p->last_shown = upper_ascii(arena, p->last);
	}
	if (chance(dice >> 12, 15))
		p->first_shown = arena_printf(arena, "%.*s ", STR_ARG(p->first_shown));
	if (chance(dice >> 24, 15))
		p->last_shown = arena_printf(arena, " %.*s", STR_ARG(p->last_shown));
	if (chance(dice >> 36, 40) && p->email.len)
		p->email = upper_ascii(arena, p->email);
	if (chance(dice >> 46, 20) && p->city.len)
		p->city = upper_ascii(arena, p->city);
}

/* A few charts are no people at all, and a few lack the birth date. */
static void maybe_placeholder(const struct household *h, struct person *p)
{
	static const char *const names[][2] = {
		{ "Test", "Patient" },
		{ "Baby Boy", "Unknown" },
		{ "John", "Doe" },
		{ "Unknown", "Unknown" },
	};
	uint64_t dice = people_draw(h->key, h->place, SALT_PLACEHOLDER);

	if (chance(dice >> 20, 12))
		p->dob = STR_EMPTY;
	if (!chance(dice, 4))
		return;
	p->first = str_of(names[(dice >> 40) % ARRAY_LEN(names)][0]);
	p->last = str_of(names[(dice >> 40) % ARRAY_LEN(names)][1]);
	p->chosen_first = p->middle = p->suffix = p->title = STR_EMPTY;
	p->dob = chance(dice >> 50, 500) ? STR("1900-01-01") : STR_EMPTY;
	p->placeholder = true;
}

void person_make(struct arena *arena, uint64_t seed, uint64_t n, struct person *ret)
{
	struct household h;
	enum role role;

	*ret = (struct person) { .n = n };
	household_make(arena, seed, n, &h);
	role = role_of(&h);
	ret->household = h.id;
	ret->child = role == ROLE_CHILD || role == ROLE_TWIN;
	make_identity(arena, &h, role, ret);
	maybe_namesake(arena, seed, n, ret);
	make_given_extras(arena, &h, ret);
	maybe_placeholder(&h, ret);
	make_contact_data(arena, &h, ret);
	make_emergency(&h, ret);
	make_practice_data(arena, &h, ret);
	make_times(&h, ret);
	ret->account = arena_printf(arena, "%.*s %.*s", STR_ARG(ret->first), STR_ARG(h.family));
	make_noise(arena, &h, ret);
}

void person_make_other(struct arena *arena, uint64_t seed, uint64_t n, struct person *ret)
{
	person_make(arena, people_draw(seed, 0, SALT_ID) | 1, n, ret);
}

static struct str base62(struct arena *arena, const char *prefix, uint64_t value, int digits)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t start = strlen(prefix);
	char *text = arena_alloc_bytes(arena, start + (size_t)digits + 1);

	memcpy(text, prefix, start);
	text[start + (size_t)digits] = '\0';
	for (int i = digits; i-- > 0; value /= 62)
		text[start + (size_t)i] = alphabet[value % 62];
	return str_range(text, start + (size_t)digits);
}

struct str people_id(struct arena *arena, const char *prefix, uint64_t seed, uint64_t n)
{
	/* Multiplication by an odd number and a rotation of 64 bits lose nothing: different n, different id. The top two
	 * bits come back in front, so that twelve digits of base 62 (71 bits) hold all. */
	uint64_t x = n * 0x9E3779B97F4A7C15u + people_draw(seed, 1, SALT_ID);

	x = (x << 29 | x >> 35) * 0xD6E8FEB86659FD93u;
	return base62(arena, prefix, x, 12);
}

/* The last three characters say which of the fifteen before are capitals, five bits each. */
struct str people_salesforce_id(struct arena *arena, const char *key_prefix, uint64_t n)
{
	static const char check[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	struct str plain =
	        base62(arena, arena_printf(arena, "%s5W0000", key_prefix).at, n, 15 - 7 - (int)strlen(key_prefix) + 1);
	char *text = arena_alloc_bytes(arena, 19);

	memcpy(text, plain.at, 15);
	for (size_t group = 0; group < 3; group++) {
		unsigned bits = 0;

		for (size_t i = 0; i < 5; i++)
			bits |= (unsigned)(plain.at[group * 5 + i] >= 'A' && plain.at[group * 5 + i] <= 'Z') << i;
		text[15 + group] = check[bits];
	}
	text[18] = '\0';
	return str_range(text, 18);
}
