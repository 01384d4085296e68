/* rows: records for the two systems. Blank fields are left out, as in a chart or contact that nobody filled in. */
#include "sandbox/people/rows.h"

#include <string.h>

#include "sandbox/people/tables.h"
#include "sandbox/people/years.h"

static void set(struct arena *arena, struct json *object, struct str key, struct str value)
{
	if (value.len)
		json_set(object, key, json_new_text(arena, value));
}

static void set_bool(struct arena *arena, struct json *object, struct str key, bool value)
{
	json_set(object, key, json_new_bool(arena, value));
}

static struct str stamp(struct arena *arena, int64_t us)
{
	char text[33];

	years_write_stamp(text, us);
	return arena_str(arena, str_of(text));
}

static struct json *body(struct arena *arena, const char *object, struct str id, struct json *fields)
{
	struct json *j = json_new(arena, JSON_OBJECT);

	set(arena, j, STR("object"), str_of(object));
	set(arena, j, STR("id"), id);
	json_set(j, STR("fields"), fields);
	return j;
}

static struct json *phone(struct arena *arena, struct str number, struct str type)
{
	struct json *j = json_new(arena, JSON_OBJECT);

	set(arena, j, STR("number"), number);
	set(arena, j, STR("type"), type);
	return j;
}

static void set_nested(struct arena *arena, struct json *fields, const struct person *p)
{
	struct json *phones = json_new(arena, JSON_ARRAY), *contact = json_new(arena, JSON_OBJECT);

	for (size_t i = 0; i < p->phone_count; i++)
		json_append(phones, phone(arena, p->phones[i].number, p->phones[i].type));
	json_set(fields, STR("phones"), phones);
	if (p->emergency_first.len) {
		set(arena, contact, STR("first_name"), p->emergency_first);
		set(arena, contact, STR("last_name"), p->emergency_last);
		set(arena, contact, STR("relationship"), p->emergency_relationship);
		json_set(contact, STR("phone"), phone(arena, p->emergency_phone, STR("home")));
		json_set(fields, STR("emergency_contact"), contact);
	}
	if (p->ssn.len) {
		struct json *ssn = json_new(arena, JSON_OBJECT);

		set(arena, ssn, STR("number"), p->ssn);
		json_set(fields, STR("ssn"), ssn);
	}
}

/* Staff and places by their number in the practice's list (hint/practice.h); 0: none. */
static void set_number(struct arena *arena, struct json *fields, struct str key, unsigned number)
{
	if (number)
		json_set(fields, key, json_new_int(arena, number));
}

static void set_flags(struct arena *arena, struct json *fields, const struct person *p)
{
	static const struct {
		const char *key, *at_key;
		size_t flag;
	} flags[] = {
		{ "electronic_communication_consent_accepted", "electronic_communication_consent_accepted_at",
		  offsetof(struct person, consent) },
		{ "patient_agreement_accepted", "patient_agreement_accepted_at", offsetof(struct person, agreement) },
		{ "terms_accepted", "terms_accepted_at", offsetof(struct person, terms) },
		{ "hipaa_authorization_accepted", "hipaa_authorization_accepted_at", offsetof(struct person, hipaa) },
	};

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		bool value = *(const bool *)((const char *)p + flags[i].flag);

		set_bool(arena, fields, str_of(flags[i].key), value);
		if (value)
			set(arena, fields, str_of(flags[i].at_key),
			    stamp(arena, p->created_us / 1000000 * 1000000 + (int64_t)(i + 1) * 31000000));
	}
	set_bool(arena, fields, STR("engaged"), p->engaged);
	set_bool(arena, fields, STR("uses_tobacco"), p->tobacco);
}

struct json *row_patient(struct arena *arena, const struct person *p, struct str id, struct str record_id)
{
	static const struct {
		const char *key;
		size_t at;
	} texts[] = {
#define TEXT(key, field) { key, offsetof(struct person, field) }
		TEXT("first_name", first_shown),
		TEXT("last_name", last_shown),
		TEXT("middle_name", middle),
		TEXT("suffix", suffix),
		TEXT("chosen_title", title),
		TEXT("chosen_first_name", chosen_first),
		TEXT("pronouns", pronouns),
		TEXT("dob", dob),
		TEXT("sex", sex),
		TEXT("gender", gender),
		TEXT("gender_identity", gender_identity),
		TEXT("preferred_language", language),
		TEXT("email", email),
		TEXT("address_line1", line1),
		TEXT("address_line2", line2),
		TEXT("address_city", city),
		TEXT("address_state", state),
		TEXT("address_zip", zip),
		TEXT("address_country", country),
		TEXT("health_insurance_payer_name", payer),
		TEXT("health_insurance_payer_id", payer_id),
		TEXT("health_insurance_group_id", group_id),
		TEXT("health_insurance_member_id", member_id),
		TEXT("membership_status", membership),
		TEXT("account_name", account),
		TEXT("company_name", company),
#undef TEXT
	};
	struct json *fields = json_new(arena, JSON_OBJECT);

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		set(arena, fields, str_of(texts[i].key),
		    *(const struct str *)(const void *)((const char *)p + texts[i].at));
	set(arena, fields, STR("integration_record_id"), record_id);
	set_nested(arena, fields, p);
	set_flags(arena, fields, p);
	set_number(arena, fields, STR("practitioner_number"), p->practitioner);
	set_number(arena, fields, STR("location_number"), p->location);
	set_number(arena, fields, STR("lead_source_number"), p->lead_source);
	set(arena, fields, STR("created_at"), stamp(arena, p->created_us));
	set(arena, fields, STR("updated_at"), stamp(arena, p->updated_us));
	return body(arena, "patient", id, fields);
}

static struct str phone_of(const struct person *p, const char *const *types, size_t count)
{
	for (size_t i = 0; i < p->phone_count; i++)
		for (size_t k = 0; k < count; k++)
			if (str_eq_nocase(p->phones[i].type, str_of(types[k])))
				return str_trim(p->phones[i].number);
	return STR_EMPTY;
}

static void set_phones(struct arena *arena, struct json *fields, const struct person *p)
{
	static const char *const mobile[] = { "mobile", "cell", "mobile phone" },
	                         *const home[] = { "home", "home phone" },
	                         *const office[] = { "office", "work", "business phone" };

	set(arena, fields, STR("MobilePhone"), phone_of(p, mobile, ARRAY_LEN(mobile)));
	set(arena, fields, STR("HomePhone"), phone_of(p, home, ARRAY_LEN(home)));
	set(arena, fields, STR("Phone"), phone_of(p, office, ARRAY_LEN(office)));
}

struct json *row_contact(struct arena *arena, const struct person *p, const struct contact_row *extra)
{
	struct json *f = json_new(arena, JSON_OBJECT);
	struct str street = p->line1;

	if (p->line2.len)
		street = arena_printf(arena, "%.*s\n%.*s", STR_ARG(p->line1), STR_ARG(p->line2));
	set(arena, f, STR("Salutation"), p->title);
	set(arena, f, STR("FirstName"), str_trim(p->first_shown));
	set(arena, f, STR("MiddleName"), p->middle);
	set(arena, f, STR("LastName"), str_trim(p->last_shown));
	set(arena, f, STR("Suffix"), p->suffix);
	set(arena, f, STR("Birthdate"), p->dob);
	set(arena, f, STR("Email"), p->email);
	set_phones(arena, f, p);
	set(arena, f, STR("MailingStreet"), street);
	set(arena, f, STR("MailingCity"), p->city);
	set(arena, f, STR("MailingState"), p->state);
	set(arena, f, STR("MailingPostalCode"), p->zip);
	set(arena, f, STR("MailingCountry"), p->country);
	set(arena, f, STR("AccountId"), extra->account);
	set(arena, f, STR("Hint_Patient_Id__c"), extra->hint_patient_id);
	if (extra->synced)
		set_bool(arena, f, STR("Synced_to_Hint__c"), true);
	return body(arena, "Contact", extra->id, f);
}

struct json *row_account(struct arena *arena, struct str id, const char *name)
{
	struct json *fields = json_new(arena, JSON_OBJECT);

	set(arena, fields, STR("Name"), str_of(name));
	return body(arena, "Account", id, fields);
}

/* Other case: ASCII and the Latin letters of two bytes from U+00E0 on (their capitals stand 32 before). */
static struct str in_capitals(struct arena *arena, struct str text)
{
	char *copy = arena_text(arena, text);

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)copy[i], before = i ? (unsigned char)copy[i - 1] : 0;

		if ((c >= 'a' && c <= 'z') || (before == 0xC3 && c >= 0xA0 && c <= 0xBE && c != 0xB7))
			copy[i] = (char)(c - 32);
	}
	return str_range(copy, text.len);
}

static struct str in_small(struct arena *arena, struct str text)
{
	char *copy = arena_text(arena, text);

	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	return str_range(copy, text.len);
}

/* "Mary  Ann": a second blank where there is one. */
static struct str wider(struct arena *arena, struct str text)
{
	ptrdiff_t at = str_find_char(text, ' ');

	if (at < 0)
		return text;
	return arena_printf(arena, "%.*s  %.*s", (int)at, text.at, STR_ARG(str_skip(text, (size_t)at + 1)));
}

static struct str as_is(struct arena *arena, struct str text)
{
	(void)arena;
	return text;
}

static void vary_names(struct arena *arena, struct person *p, uint64_t dice)
{
	static struct str (*const spell[])(struct arena *, struct str) = { as_is,       as_is,    as_is,
		                                                           in_capitals, in_small, wider };

	p->first_shown = wider(arena, spell[dice % ARRAY_LEN(spell)](arena, p->first));
	p->last_shown = spell[(dice >> 8) % ARRAY_LEN(spell)](arena, p->last);
}

static void vary_phones(struct arena *arena, struct person *p, uint64_t dice)
{
	for (size_t i = 0; i < p->phone_count; i++) {
		struct str n = str_trim(p->phones[i].number);

		if (n.len == 10 && (dice >> i) % 2)
			p->phones[i].number = arena_printf(arena, "(%.3s) %.3s-%.4s", n.at, n.at + 3, n.at + 6);
	}
	if (p->phone_count && (dice >> 8) % 4 == 0)
		p->phones[0].number = arena_printf(arena, "371555%04u", (unsigned)(dice >> 16) % 10000);
	if ((dice >> 10) % 4 == 0)
		p->phone_count = 0;
	if (!p->phone_count && (dice >> 12) % 2)
		p->phones[p->phone_count++] =
		        (struct person_phone) { arena_printf(arena, "372555%04u", (unsigned)(dice >> 20) % 10000),
			                        STR("mobile") };
}

static void vary_address(struct arena *arena, struct person *p, uint64_t dice)
{
	const struct city *city = &cities[(dice >> 20) % city_count];

	if (p->state.len && dice % 4 == 0 && state_name(p->state))
		p->state = str_of(state_name(p->state));
	if (dice % 8 == 1 || (!p->line1.len && dice % 2)) { /* moved */
		p->line1 = arena_printf(arena, "%u %s %s", (unsigned)(dice >> 30) % 900 + 10,
		                        street_names.at[(dice >> 40) % street_names.count],
		                        street_kinds.at[(dice >> 4) % 8]);
		p->line2 = STR_EMPTY;
		p->city = str_of(city->name);
		p->state = str_of(city->state);
		p->zip = arena_printf(arena, "%s%02u", city->zip3, (unsigned)(dice >> 50) % 100);
	}
	if (dice % 8 == 2)
		p->line1 = p->line2 = p->city = p->state = p->zip = STR_EMPTY;
	if (dice % 16 == 5)
		p->country = STR("US");
}

void row_vary(struct arena *arena, struct person *p, uint64_t dice)
{
	uint64_t more = people_draw(dice, 1, 0);

	vary_names(arena, p, dice);
	vary_phones(arena, p, dice >> 16);
	vary_address(arena, p, more);
	if (more >> 60 == 0)
		p->title = STR("Mx.");
	if ((more >> 8) % 5 == 0)
		p->middle = STR_EMPTY;
	if ((more >> 12) % 4 == 0)
		p->email = arena_printf(arena, "old.address%u@post.example", (unsigned)(more >> 16) % 100000);
	else if ((more >> 14) % 4 == 0)
		p->email = STR_EMPTY;
}
