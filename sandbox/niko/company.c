/* company: what the stand-in company has beside its patients: service locations, payers, product codes, tags. */
#include "sandbox/niko/niko.h"

#include "sandbox/people/tables.h"

struct named {
	const char *id, *name, *code;
};

static const struct named locations[] = {
	{ "12", "Savannah Main", "1093817465" },
	{ "14", "Boise West", "1093817473" },
	{ "17", "Tulsa Depot", "1093817481" },
};

static const struct named products[] = {
	{ "9001", "E0601", "Continuous positive airway pressure device" },
	{ "9002", "E0470", "Respiratory assist device, bi-level" },
	{ "9003", "E1390", "Oxygen concentrator, single port" },
	{ "9004", "A7030", "Full face mask for a positive airway pressure device" },
	{ "9005", "A7038", "Filter, disposable" },
	{ "9006", "E0143", "Walker, folding, wheeled" },
	{ "9007", "K0001", "Standard wheelchair" },
	{ "9008", "E0260", "Hospital bed, semi-electric" },
	{ "9009", "A4253", "Blood glucose test strips" },
	{ "9010", "E0570", "Nebulizer with compressor" },
	{ "9011", "L1833", "Knee orthosis, adjustable joints" },
};

static const struct named tags[] = {
	{ "31", "Spanish speaking", "" },
	{ "32", "Prefers text messages", "" },
	{ "33", "Gate code at delivery", "" },
	{ "34", "Paperless", "" },
};

static const int first_payer = 501;

static struct json *text(struct arena *arena, const char *value)
{
	return json_new_text(arena, str_of(value));
}

static struct json *named_json(struct arena *arena, const struct named *row, struct str name_key, struct str code_key)
{
	struct json *j = json_new(arena, JSON_OBJECT);

	json_add(j, STR("Id"), text(arena, row->id));
	json_add(j, name_key, text(arena, row->name));
	if (row->code[0])
		json_add(j, code_key, text(arena, row->code));
	return j;
}

const struct json *company_location(struct arena *arena, struct str id)
{
	for (size_t i = 0; i < ARRAY_LEN(locations); i++)
		if (str_eq_c(id, locations[i].id))
			return named_json(arena, &locations[i], STR("Name"), STR("Npi"));
	return NULL;
}

struct str company_location_id(unsigned number)
{
	return str_of(locations[number % ARRAY_LEN(locations)].id);
}

struct json *company_tag(struct arena *arena, unsigned number)
{
	return named_json(arena, &tags[number % ARRAY_LEN(tags)], STR("Name"), STR_EMPTY);
}

static struct str payer_id(struct arena *arena, size_t i)
{
	return arena_printf(arena, "%d", first_payer + (int)(i % payer_count));
}

static struct json *payer_json(struct arena *arena, size_t i)
{
	struct json *j = json_new(arena, JSON_OBJECT);

	json_add(j, STR("Id"), json_new_text(arena, payer_id(arena, i)));
	json_add(j, STR("Name"), text(arena, payers[i].name));
	json_add(j, STR("ClaimCode"), text(arena, payers[i].id));
	return j;
}

struct json *company_payer(struct arena *arena, struct str id)
{
	int64_t number;

	if (!str_to_i64(id, &number) || number < first_payer || number >= first_payer + (int64_t)payer_count)
		return NULL;
	return payer_json(arena, (size_t)(number - first_payer));
}

struct str company_payer_id(struct arena *arena, struct str name)
{
	for (size_t i = 0; i < payer_count; i++)
		if (str_eq_c(name, payers[i].name))
			return payer_id(arena, i);
	return STR_EMPTY;
}

struct str company_payer_number(struct arena *arena, unsigned number)
{
	return payer_id(arena, number);
}

/* ---- lists ---- */

typedef struct json *row_fn(struct arena *arena, size_t i);

static void write_list(const struct niko *niko, struct request *request, struct answer *answer, size_t count,
                       row_fn *row)
{
	struct json *list = json_new(request->arena, JSON_OBJECT), *items = json_new(request->arena, JSON_ARRAY);
	size_t from, to;

	if (!niko_page(request, answer, count, &from, &to))
		return;
	for (size_t i = from; i < to; i++)
		json_append(items, row(request->arena, i));
	json_add(list, STR("Items"), items);
	json_add(list, STR("Count"), json_new_int(request->arena, (int64_t)count));
	niko_write(niko, request->arena, list, &answer->body);
}

static struct json *location_row(struct arena *arena, size_t i)
{
	return named_json(arena, &locations[i], STR("Name"), STR("Npi"));
}

static struct json *product_row(struct arena *arena, size_t i)
{
	struct json *j = json_new(arena, JSON_OBJECT);

	json_add(j, STR("Id"), text(arena, products[i].id));
	json_add(j, STR("Code"), text(arena, products[i].name));
	json_add(j, STR("Description"), text(arena, products[i].code));
	return j;
}

void list_locations(void *state, struct request *request, struct answer *answer)
{
	write_list(state, request, answer, ARRAY_LEN(locations), location_row);
}

void list_payers(void *state, struct request *request, struct answer *answer)
{
	write_list(state, request, answer, payer_count, payer_json);
}

void list_hcpcs(void *state, struct request *request, struct answer *answer)
{
	write_list(state, request, answer, ARRAY_LEN(products), product_row);
}
