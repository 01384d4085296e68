/*
 * automation: what a trigger or flow of the org makes of a value before it is saved, whoever wrote it. The setting `respell` is a
 * list, comma between:
 *
 *	phone        ten digits, or eleven with a 1 before, become (312) 555-0100
 *	state_code   Illinois becomes IL
 *	state_name   IL becomes Illinois
 *	name_upper   NG
 */
#include "sandbox/salesforce/automation.h"

#include <string.h>

/* Some of the states: enough for values that come back in another spelling. */
static const struct {
	const char *code, *name;
} states[] = {
	{ "AZ", "Arizona" },    { "CA", "California" },   { "CO", "Colorado" },   { "FL", "Florida" },
	{ "GA", "Georgia" },    { "IL", "Illinois" },     { "IN", "Indiana" },    { "MA", "Massachusetts" },
	{ "MI", "Michigan" },   { "MN", "Minnesota" },    { "MO", "Missouri" },   { "NC", "North Carolina" },
	{ "NJ", "New Jersey" }, { "NV", "Nevada" },       { "NY", "New York" },   { "OH", "Ohio" },
	{ "OR", "Oregon" },     { "PA", "Pennsylvania" }, { "TN", "Tennessee" },  { "TX", "Texas" },
	{ "UT", "Utah" },       { "VA", "Virginia" },     { "WA", "Washington" }, { "WI", "Wisconsin" },
};

static struct str respell_phone(struct draft *draft, const struct field *field, struct str value)
{
	char digits[12];
	size_t count = 0;
	const char *at = digits;

	if (field->type != TYPE_PHONE)
		return value;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			continue;
		if (count == sizeof(digits) - 1)
			return value;
		digits[count++] = value.at[i];
	}
	if (count == 11 && digits[0] == '1') {
		at++;
		count--;
	}
	if (count != 10)
		return value;
	return arena_printf(draft->arena, "(%.3s) %.3s-%.4s", at, at + 3, at + 6);
}

static struct str respell_state(const struct field *field, struct str value, bool to_code)
{
	if (!str_ends(str_of(field->name), STR("State")))
		return value;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		const char *from = to_code ? states[i].name : states[i].code;

		if (str_eq_nocase(value, str_of(from)))
			return str_of(to_code ? states[i].code : states[i].name);
	}
	return value;
}

static struct str respell_state_code(struct draft *draft, const struct field *field, struct str value)
{
	(void)draft;
	return respell_state(field, value, true);
}

static struct str respell_state_name(struct draft *draft, const struct field *field, struct str value)
{
	(void)draft;
	return respell_state(field, value, false);
}

static struct str respell_name(struct draft *draft, const struct field *field, struct str value)
{
	char *upper;

	if (!field->compound || !str_eq(str_of(field->compound), STR("Name")))
		return value;
	upper = arena_text(draft->arena, value);
	for (size_t i = 0; i < value.len; i++) {
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 'a' + 'A');
	}
	return str_range(upper, value.len);
}

static const struct {
	const char *name;
	struct str (*respell)(struct draft *draft, const struct field *field, struct str value);
} triggers[] = {
	{ "phone", respell_phone },
	{ "state_code", respell_state_code },
	{ "state_name", respell_state_name },
	{ "name_upper", respell_name },
};

static bool is_on(struct str list, const char *name)
{
	struct str part;

	while (list.len > 0 && str_split(&list, ',', &part)) {
		if (str_eq_c(str_trim(part), name))
			return true;
	}
	return false;
}

void automation_respell(struct draft *draft)
{
	struct str list = draft->org->settings.respell;

	for (size_t t = 0; list.len > 0 && t < ARRAY_LEN(triggers); t++) {
		if (!is_on(list, triggers[t].name))
			continue;
		for (unsigned i = 0; i < draft->object->field_count; i++) {
			struct str *cell = &draft->cells[i];

			if (draft->given[i] && cell->len > 0)
				*cell = triggers[t].respell(draft, &draft->object->fields[i], *cell);
		}
	}
}
