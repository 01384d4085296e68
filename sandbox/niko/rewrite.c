/*
 * rewrite: what the server makes of a patient that was accepted (API notes 5.1). Doing it twice changes nothing more.
 *
 *	addresses    verified unless their Skip flag is set: words of a street shortened, blanks collapsed, a state's name made its
 *	             code; refused when there is a line and no such state, or a ZIP code that is not five digits
 *	State, Zip   cut to 2 and 5 characters, verified or not
 *	contacts     digits only, unless the type says e-mail
 */
#include "sandbox/niko/niko.h"

#include "sandbox/people/tables.h"

static const char *const short_words[][2] = {
	{ "Street", "St" }, { "Avenue", "Ave" },     { "Road", "Rd" },     { "Drive", "Dr" },     { "Lane", "Ln" },
	{ "Court", "Ct" },  { "Boulevard", "Blvd" }, { "Place", "Pl" },    { "Square", "Sq" },    { "Terrace", "Ter" },
	{ "Suite", "Ste" }, { "Apartment", "Apt" },  { "Highway", "Hwy" }, { "Parkway", "Pkwy" },
};

static void set_text(struct arena *arena, struct json *object, const char *key, struct str text)
{
	if (text.len)
		json_set(object, str_of(key), json_new_text(arena, text));
}

static struct str short_word(struct str word)
{
	struct str bare = str_ends(word, STR(".")) ? str_range(word.at, word.len - 1) : word;

	for (size_t i = 0; i < ARRAY_LEN(short_words); i++)
		if (str_eq_nocase(bare, str_of(short_words[i][0])))
			return str_of(short_words[i][1]);
	return word;
}

/* One blank between words; of a street also the words shortened. */
static struct str tidy(struct arena *arena, struct str line, bool street)
{
	SCOPED(buf) struct buf text = BUF_INIT(65536);
	struct str rest = line, word;

	while (str_split(&rest, ' ', &word)) {
		if (!word.len)
			continue;
		buf_add_c(&text, text.len ? " " : "");
		buf_add(&text, street ? short_word(word) : word);
	}
	return arena_str(arena, buf_str(&text));
}

static struct str two_letters(struct arena *arena, struct str text)
{
	char *copy = arena_text(arena, str_range(text.at, MIN_OF(text.len, (size_t)2)));

	for (char *c = copy; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
	return str_of(copy);
}

static bool is_zip(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len == 5;
}

static void verify(struct reading *r, struct json *address, const char *path)
{
	static const char *const lines[] = { "AddressLine", "AddressLine2" };
	struct str state = state_code(str_trim(json_get_text(address, "State")));

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		set_text(r->arena, address, lines[i], tidy(r->arena, json_get_text(address, lines[i]), true));
	set_text(r->arena, address, "City", tidy(r->arena, json_get_text(address, "City"), false));
	set_text(r->arena, address, "State", state);
	if (r->lenient || !json_get_text(address, "AddressLine").len)
		return;
	if (!state_name(state))
		shape_complain(r, arena_printf(r->arena, "%s.State", path), "Address could not be verified");
	if (!is_zip(json_get_text(address, "Zip")))
		shape_complain(r, arena_printf(r->arena, "%s.Zip", path), "Address could not be verified");
}

static void rewrite_address(struct reading *r, struct json *address, bool check, const char *path)
{
	struct str state;

	if (!address || address->kind != JSON_OBJECT)
		return;
	if (check)
		verify(r, address, path);
	state = str_trim(json_get_text(address, "State"));
	if (state.len && state.len != 2)
		set_text(r->arena, address, "State", two_letters(r->arena, state));
}

static void rewrite_contacts(struct reading *r, struct json *contacts)
{
	JSON_EACH (contacts, contact) {
		struct str value = json_get_text(contact, "Value"), digits = digits_of(r->arena, value);

		if (value.len && !str_eq_c(json_get_text(contact, "Type"), "Email"))
			json_set(contact, STR("Value"),
			         digits.len ? json_new_text(r->arena, digits) : json_new(r->arena, JSON_NULL));
	}
}

void chart_rewrite(struct reading *r, struct json *patient)
{
	static const char *const others[] = { "EmergencyContact", "EmployerContact", "ResponsibleContact" };
	struct json *addresses = json_get(patient, "Addresses");

	rewrite_address(r, json_get(addresses, "Patient"),
	                !json_bool(json_get(addresses, "SkipPatientAddressVerification"), false), "Addresses.Patient");
	rewrite_address(r, json_get(addresses, "Delivery"),
	                !json_bool(json_get(addresses, "SkipDeliveryAddressVerification"), false),
	                "Addresses.Delivery");
	rewrite_contacts(r, json_walk(patient, "Contacts.Contacts"));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct json *other = json_get(patient, others[i]);

		rewrite_address(r, json_get(other, "Address"), false, others[i]);
		rewrite_contacts(r, json_get(other, "Contacts"));
	}
}
