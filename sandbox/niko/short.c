/* short: the list row of a patient, with the odd names that the list uses (API notes 5.2). */
#include "sandbox/niko/niko.h"

static void put(struct arena *arena, struct json *row, const char *key, struct str text)
{
	json_add(row, str_of(key), text.len ? json_new_text(arena, text) : json_new(arena, JSON_NULL));
}

/* "Tavares, Rosalind J" */
static struct str full_name(struct arena *arena, const struct json *name)
{
	struct str last = json_get_text(name, "LastName"), first = json_get_text(name, "FirstName"),
	           middle = json_get_text(name, "MiddleName");

	return arena_printf(arena, "%.*s%s%.*s%s%.*s", STR_ARG(last), last.len && first.len ? ", " : "", STR_ARG(first),
	                    middle.len ? " " : "", STR_ARG(middle));
}

/* "1180 Harbor Rd, Unit 6, Savannah, GA 31401" */
static struct str full_address(struct arena *arena, const struct json *address)
{
	static const struct {
		const char *key, *before;
	} parts[] = {
		{ "AddressLine", "" }, { "AddressLine2", ", " }, { "City", ", " }, { "State", ", " }, { "Zip", " " }
	};
	SCOPED(buf) struct buf text = BUF_INIT(65536);

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct str part = json_get_text(address, parts[i].key);

		if (part.len)
			buf_add_c(&text, text.len ? parts[i].before : "");
		buf_add(&text, part);
	}
	return arena_str(arena, buf_str(&text));
}

static struct json *short_name(struct arena *arena, const struct json *name)
{
	struct json *row = json_new(arena, JSON_OBJECT);

	put(arena, row, "FullName", full_name(arena, name));
	put(arena, row, "First", json_get_text(name, "FirstName"));
	put(arena, row, "Last", json_get_text(name, "LastName"));
	put(arena, row, "Middle", json_get_text(name, "MiddleName"));
	return row;
}

static struct json *short_address(struct arena *arena, const struct json *address)
{
	static const char *const keys[] = { "AddressLine", "AddressLine2", "City", "Zip", "State" };
	struct json *row = json_new(arena, JSON_OBJECT);

	put(arena, row, "FullAddress", full_address(arena, address));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		put(arena, row, keys[i], json_get_text(address, keys[i]));
	return row;
}

/* A text with the first number, or (the tenant's settings) an array of all; which of them is not documented. */
static struct json *phones(const struct niko *niko, struct arena *arena, const struct json *contacts)
{
	struct json *list = json_new(arena, JSON_ARRAY);

	JSON_EACH (contacts, contact) {
		struct str value = json_get_text(contact, "Value");

		if (value.len && !str_eq_c(json_get_text(contact, "Type"), "Email"))
			json_append(list, json_new_text(arena, value));
	}
	if (niko->settings.phones_list)
		return list;
	return list->first ? json_new_text(arena, list->first->text) : json_new(arena, JSON_NULL);
}

static struct json *tag_names(struct arena *arena, const struct json *tags)
{
	struct json *list = json_new(arena, JSON_ARRAY);

	JSON_EACH (tags, tag)
		json_append(list, json_new_text(arena, json_get_text(tag, "Name")));
	return list;
}

struct json *chart_short(const struct niko *niko, struct arena *arena, const struct json *full)
{
	struct json *row = json_new(arena, JSON_OBJECT);
	const struct json *general = json_get(full, "General"), *location = json_get(full, "Location");
	struct str status = json_get_text(json_get(full, "Status"), "Status");

	put(arena, row, "Id", json_get_text(full, "Id"));
	put(arena, row, "DisplayId", json_get_text(full, "DisplayId"));
	json_add(row, STR("Name"), short_name(arena, json_get(general, "Name")));
	put(arena, row, "DateOfBirthday", json_get_text(general, "DateOfBirth")); /* sic */
	json_add(row, STR("Address"), short_address(arena, json_walk(full, "Addresses.Patient")));
	json_add(row, STR("Phones"), phones(niko, arena, json_walk(full, "Contacts.Contacts")));
	json_add(row, STR("Active"),
	         niko->settings.active_flag ? json_new_bool(arena, str_eq_c(status, "Active"))
	                                    : json_new_text(arena, status));
	put(arena, row, "LocationName", json_get_text(location, "Name"));
	put(arena, row, "LocationNpi", json_get_text(location, "Npi"));
	json_add(row, STR("Tags"), tag_names(arena, json_get(full, "Tags")));
	put(arena, row, "Gender", json_get_text(general, "Gender"));
	return row;
}
