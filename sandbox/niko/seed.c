/*
 * seed: the starting content, the same for the same seed: patients in all three states, each with one or two insurances, up to
 * three orders and two tasks. Who they are comes from people/, what only this vendor knows is drawn here. Numbers count from
 * 10000001, so patient n of the seed is known beforehand. The world file's part "nikohealth" comes after them.
 */
#include "sandbox/niko/niko.h"

#include "lib/clock.h"
#include "lib/file.h"
#include "sandbox/people/source.h"

enum salt {
	SALT_WEIGHT = 2000,
	SALT_MARITAL,
	SALT_STATUS,
	SALT_TAG,
	SALT_CALL,
	SALT_INSURANCE,
	SALT_ORDERS,
	SALT_TASKS
};

struct sowing {
	struct niko *niko;
	struct arena *arena;
	const struct person *person;
	uint64_t seed;
	size_t n;
};

static uint64_t draw(const struct sowing *s, enum salt salt, uint64_t which)
{
	return people_draw(s->seed, s->n * 16 + which, salt);
}

static void set(struct arena *arena, struct json *object, const char *key, struct str value)
{
	if (value.len)
		json_set(object, str_of(key), json_new_text(arena, value));
}

static void set_c(struct arena *arena, struct json *object, const char *key, const char *value)
{
	set(arena, object, key, str_of(value));
}

static struct json *part(struct arena *arena, struct json *object, const char *key)
{
	struct json *made = json_new(arena, JSON_OBJECT);

	json_set(object, str_of(key), made);
	return made;
}

static struct str day(struct arena *arena, int64_t us, int days)
{
	return arena_printf(arena, "%.10s", clock_rfc3339(arena, us / 1000 + (int64_t)days * 86400000).at);
}

static struct str moment(struct arena *arena, int64_t us, int days)
{
	return arena_printf(arena, "%.19sZ", clock_rfc3339(arena, us / 1000 + (int64_t)days * 86400000).at);
}

/* ---- a patient ---- */

static void sow_general(const struct sowing *s, struct json *patient)
{
	static const char *const marital[] = { "Single", "Married", "Divorced", "Widowed" };
	const struct person *p = s->person;
	struct arena *arena = s->arena;
	struct json *general = part(arena, patient, "General"), *name = part(arena, general, "Name");
	struct str title = p->title;
	uint64_t dice = draw(s, SALT_WEIGHT, 0);

	set(arena, name, "FirstName", p->first_shown);
	set(arena, name, "LastName", p->last_shown);
	set(arena, name, "MiddleName", p->middle);
	set(arena, general, "DateOfBirth", p->dob);
	set_c(arena, general, "Gender",
	      str_eq_c(p->sex, "female") ? "Female"
	      : str_eq_c(p->sex, "male") ? "Male"
	                                 : "Unknown");
	if (title.len)
		set(arena, general, "Prefix", str_ends(title, STR(".")) ? str_range(title.at, title.len - 1) : title);
	set(arena, general, "Ssn", p->ssn);
	set(arena, general, "NickName", p->chosen_first);
	if (!p->child)
		set_c(arena, general, "MaritalStatus",
		      marital[draw(s, SALT_MARITAL, 0) % 8 < 5 ? draw(s, SALT_MARITAL, 1) % 2
		                                               : draw(s, SALT_MARITAL, 1) % 4]);
	if (!p->child && dice % 3) {
		json_set(general, STR("Weight"), json_new_int(arena, 105 + (int64_t)(dice >> 8) % 160));
		json_set(general, STR("Height"), json_new_int(arena, 58 + (int64_t)(dice >> 20) % 18));
	}
}

/* Of ten the fourth is inactive and the eighth on hold, so that a small world shows all three states. */
static void sow_status(const struct sowing *s, struct json *patient)
{
	static const char *const reasons[] = { "InsuranceExpired", "Moved", "NoLongerNeeded", "Deceased" };
	struct json *status = part(s->arena, patient, "Status");
	uint64_t dice = draw(s, SALT_STATUS, 0);

	set_c(s->arena, status, "Status", s->n % 10 == 3 ? "Inactive" : s->n % 10 == 7 ? "Hold" : "Active");
	if (s->n % 10 != 3)
		return;
	set_c(s->arena, status, "InactiveStatus", reasons[dice % ARRAY_LEN(reasons)]);
	set(s->arena, status, "DcDate", day(s->arena, s->person->updated_us, (int)(dice >> 8) % 60));
}

static void sow_addresses(const struct sowing *s, struct json *patient)
{
	static const char *const parts[] = { "Patient", "Delivery" };
	const struct person *p = s->person;
	struct json *addresses = part(s->arena, patient, "Addresses");

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct json *address = part(s->arena, addresses, parts[i]);

		set(s->arena, address, "AddressLine", p->line1);
		set(s->arena, address, "AddressLine2", p->line2);
		set(s->arena, address, "City", p->city);
		set(s->arena, address, "State", p->state);
		set(s->arena, address, "Zip", p->zip);
	}
	/* An address that no verification would let pass was stored without one. */
	if (p->line1.len && (p->state.len < 2 || p->zip.len < 5)) {
		json_set(addresses, STR("SkipPatientAddressVerification"), json_new_bool(s->arena, true));
		json_set(addresses, STR("SkipDeliveryAddressVerification"), json_new_bool(s->arena, true));
	}
}

static const char *contact_type(struct str typed)
{
	static const char *const mobile[] = { "mobile", "cell", "mobile phone" }, *const work[] = { "office", "work",
		                                                                                    "business phone",
		                                                                                    "work phone" };

	for (size_t i = 0; i < ARRAY_LEN(mobile); i++)
		if (str_eq_nocase(typed, str_of(mobile[i])))
			return "Mobile";
	for (size_t i = 0; i < ARRAY_LEN(work); i++)
		if (str_eq_nocase(typed, str_of(work[i])))
			return "Work";
	return "Home";
}

static void add_contact(struct arena *arena, struct json *list, const char *type, struct str value)
{
	struct json *contact = json_new(arena, JSON_OBJECT);

	set_c(arena, contact, "Type", type);
	set(arena, contact, "Value", value);
	json_append(list, contact);
}

static void sow_contacts(const struct sowing *s, struct json *patient)
{
	static const char *const times[] = { "Morning", "Afternoon", "Evening" };
	const struct person *p = s->person;
	struct json *contacts = part(s->arena, patient, "Contacts"), *list = json_new(s->arena, JSON_ARRAY);

	for (size_t i = 0; i < p->phone_count; i++)
		add_contact(s->arena, list, contact_type(p->phones[i].type), p->phones[i].number);
	if (p->email.len)
		add_contact(s->arena, list, "Email", p->email);
	json_set(contacts, STR("Contacts"), list);
	if (p->phone_count)
		set_c(s->arena, contacts, "PreferredContactType", contact_type(p->phones[0].type));
	if (draw(s, SALT_CALL, 0) % 2)
		set_c(s->arena, contacts, "PreferredCallTime", times[draw(s, SALT_CALL, 1) % ARRAY_LEN(times)]);
}

static void sow_emergency(const struct sowing *s, struct json *patient)
{
	static const char *const relations[] = { "Spouse", "Child", "Parent", "Sibling", "Friend" };
	const struct person *p = s->person;
	struct json *contact, *who, *list = json_new(s->arena, JSON_ARRAY);
	const char *relation = "Other";

	if (!p->emergency_first.len)
		return;
	contact = part(s->arena, patient, "EmergencyContact");
	who = part(s->arena, contact, "Person");
	set(s->arena, who, "FirstName", p->emergency_first);
	set(s->arena, who, "LastName", p->emergency_last);
	for (size_t i = 0; i < ARRAY_LEN(relations); i++)
		if (str_eq_nocase(p->emergency_relationship, str_of(relations[i])))
			relation = relations[i];
	set_c(s->arena, contact, "Relationship", relation);
	if (str_eq_c(str_of(relation), "Other"))
		set(s->arena, contact, "RelationshipOther", p->emergency_relationship);
	if (p->emergency_phone.len)
		add_contact(s->arena, list, "Home", p->emergency_phone);
	json_set(contact, STR("Contacts"), list);
}

static struct json *sow_patient(const struct sowing *s)
{
	struct json *patient = json_new(s->arena, JSON_OBJECT), *tags = json_new(s->arena, JSON_ARRAY), *signature;

	sow_general(s, patient);
	sow_status(s, patient);
	sow_addresses(s, patient);
	sow_contacts(s, patient);
	sow_emergency(s, patient);
	signature = part(s->arena, patient, "SignatureOnFile");
	json_set(signature, STR("IsSigned"), json_new_bool(s->arena, s->person->hipaa));
	if (s->person->hipaa)
		set(s->arena, signature, "SignedDate", day(s->arena, s->person->created_us, 0));
	if (draw(s, SALT_TAG, 0) % 4 == 0)
		json_append(tags, company_tag(s->arena, (unsigned)(draw(s, SALT_TAG, 1) % 97)));
	json_set(patient, STR("Tags"), tags);
	set(s->arena, patient, "LocationId", company_location_id(s->person->location));
	return patient;
}

/* ---- what a patient has ---- */

static int sow_part(const struct sowing *s, unsigned kind, struct str patient, const struct json *body,
                    struct shelf_row **ret, struct err *err)
{
	struct reading reading = niko_reading(s->niko, s->arena);

	reading.lenient = true;
	if (part_save(s->niko, &reading, kind, NULL, STR_EMPTY, patient, body, ret))
		return 0;
	return err_set(err, ERR_BUG, "a generated %s is refused", part_names[kind]);
}

/* The generator's dates are in the kept row, not in the body: the system stamps what is created. */
static void date_insurance(const struct sowing *s, struct shelf_row *row, bool verified)
{
	struct json *kept = shelf_read(row, s->arena), *info = json_get(kept, "VerificationInfo"), *by;

	set(s->arena, kept, "CreatedDate", moment(s->arena, s->person->created_us, 0));
	if (verified) {
		by = part(s->arena, info, "VerifiedBy");
		set_c(s->arena, by, "FirstName", "Dana");
		set_c(s->arena, by, "LastName", "Cole");
		json_set(by, STR("MiddleName"), json_new(s->arena, JSON_NULL));
		set(s->arena, info, "VerifiedDate", moment(s->arena, s->person->created_us, 1));
		json_set(info, STR("Verified"), json_new_bool(s->arena, true));
	}
	shelf_write(row, kept);
}

static int sow_insurances(const struct sowing *s, struct str patient, struct err *err)
{
	size_t count = draw(s, SALT_INSURANCE, 0) % 4 == 0 ? 2 : 1;

	for (size_t i = 0; i < count; i++) {
		struct json *body = json_new(s->arena, JSON_OBJECT);
		uint64_t dice = draw(s, SALT_INSURANCE, 1 + i);
		struct str payer = i == 0 ? company_payer_id(s->arena, s->person->payer) : STR_EMPTY;
		struct str policy = i == 0 ? s->person->member_id : STR_EMPTY;
		struct shelf_row *row;

		set(s->arena, body, "PayerId",
		    payer.len ? payer : company_payer_number(s->arena, (unsigned)(dice % 1000)));
		set(s->arena, body, "PolicyNumber",
		    policy.len ? policy : arena_printf(s->arena, "PN%08u", (unsigned)(dice >> 16) % 100000000));
		json_set(body, STR("PositionIndex"), json_new_int(s->arena, (int64_t)i + 1));
		if (sow_part(s, PART_INSURANCE, patient, body, &row, err) < 0)
			return err->code;
		date_insurance(s, row, dice >> 60 < 11);
	}
	return 0;
}

static int sow_orders(const struct sowing *s, struct str patient, struct err *err)
{
	static const char *const types[] = { "Sales", "Sales", "Resupply", "Resupply", "PointOfSale" };
	static const char *const states[] = { "New", "Completed", "In Progress", "Completed", "Hold", "Cancelled" };
	size_t count = draw(s, SALT_ORDERS, 0) % 4;

	for (size_t i = 0; i < count; i++) {
		struct json *body = json_new(s->arena, JSON_OBJECT);
		uint64_t dice = draw(s, SALT_ORDERS, 1 + i);
		struct shelf_row *row;

		set_c(s->arena, body, "Type", types[dice % ARRAY_LEN(types)]);
		set_c(s->arena, body, "Status", states[(dice >> 8) % ARRAY_LEN(states)]);
		set(s->arena, body, "PatientId", patient);
		set(s->arena, body, "LocationId", company_location_id(s->person->location));
		set(s->arena, body, "CreatedDate",
		    moment(s->arena, s->person->created_us, (int)i * 30 + (int)((dice >> 16) % 30)));
		if (sow_part(s, PART_ORDER, patient, body, &row, err) < 0)
			return err->code;
	}
	return 0;
}

static int sow_tasks(const struct sowing *s, struct str patient, struct err *err)
{
	static const char *const titles[] = { "Call payer", "Confirm delivery", "Collect signature", "Verify insurance",
		                              "Schedule resupply" };
	static const char *const teams[] = { "Intake team", "Billing team", "Delivery team" };
	static const char *const states[] = { "Open", "Completed", "In Progress" };
	size_t count = draw(s, SALT_TASKS, 0) % 3;

	for (size_t i = 0; i < count; i++) {
		struct json *body = json_new(s->arena, JSON_OBJECT);
		uint64_t dice = draw(s, SALT_TASKS, 1 + i);
		int days = (int)(dice >> 16) % 60;
		struct shelf_row *row;

		set_c(s->arena, body, "Title", titles[dice % ARRAY_LEN(titles)]);
		set_c(s->arena, body, "Status", states[(dice >> 4) % ARRAY_LEN(states)]);
		set(s->arena, body, "PatientId", patient);
		set_c(s->arena, body, "AssignedTo", teams[(dice >> 8) % ARRAY_LEN(teams)]);
		set(s->arena, body, "DueDate", day(s->arena, s->person->created_us, days + 10));
		set(s->arena, body, "CreatedDate", moment(s->arena, s->person->created_us, days));
		if (sow_part(s, PART_TASK, patient, body, &row, err) < 0)
			return err->code;
	}
	return 0;
}

/* ---- all ---- */

static int sow_one(const struct sowing *s, struct err *err)
{
	struct reading reading = niko_reading(s->niko, s->arena);
	struct shelf_row *row;
	const struct json *error;

	reading.lenient = true;
	if (!chart_save(s->niko, &reading, NULL, STR_EMPTY, sow_patient(s), &row)) {
		error = json_at(reading.errors, 0);
		return err_set(err, ERR_BUG, "generated patient %zu is refused: %.*s", s->n,
		               STR_ARG(json_get_text(error, "Field")));
	}
	if (sow_insurances(s, row->id, err) < 0 || sow_orders(s, row->id, err) < 0 || sow_tasks(s, row->id, err) < 0)
		return err->code;
	return 0;
}

static int sow_people(struct niko *niko, const struct source *source, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct person person;
	struct sowing sowing = { .niko = niko, .arena = &arena, .person = &person, .seed = source->seed };

	for (sowing.n = 0; sowing.n < source->count; sowing.n++) {
		arena_reset(&arena);
		source_person(source, &arena, sowing.n, &person);
		if (sow_one(&sowing, err) < 0)
			return err->code;
	}
	return 0;
}

static int load_world_file(struct niko *niko, const char *path, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *world;
	struct str text;

	if (file_read(&arena, path, SOURCE_LIMIT, &text, err) < 0)
		return err->code;
	if (json_parse(&arena, text, &world, err) < 0)
		return err_wrap(err, "%s", path);
	if (json_get(world, "nikohealth") && niko_load(niko, world, err) < 0)
		return err_wrap(err, "%s: nikohealth", path);
	return 0;
}

int niko_seed(struct niko *niko, struct err *err)
{
	const struct options *o = niko->options;
	struct source source;
	int r = 0;

	source_generated(&source, (uint64_t)o->seed, o->patients > 0 ? (size_t)o->patients : 0);
	if (o->data)
		r = source_fhir(&source, (uint64_t)o->seed, o->data, err);
	if (r == 0)
		r = sow_people(niko, &source, err);
	source_release(&source);
	if (r == 0 && o->world)
		r = load_world_file(niko, o->world, err);
	return r;
}
