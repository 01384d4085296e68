/*
 * train-dict: makes the zstd dictionary with which payloads are compressed (src/codec/patients-1.dict).
 *
 *	meson compile -C build train-dict && build/tools/train-dict src/codec/patients-N.dict
 *
 * A dictionary that ever sealed a box must not change: train into a new file, give it the next format byte in
 * src/codec/box.c and keep the old one. The same program gives the same bytes each time (seeded).
 *
 * The samples are believable and invented: syllables make the names, so that no living person is meant. What the
 * dictionary is to learn are the keys, the shapes of ids and times and the usual values, not anybody's data: two thirds
 * are patients as Hint's list gives them, one third contacts as a Salesforce query does.
 */
#include "lib/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <zdict.h>

enum { SAMPLES = 3000, DICTIONARY_LEN = 16 << 10, SAMPLES_MAX = 32 << 20 };

static uint64_t state = 20261121;

/* xorshift64*: the same everywhere. */
static unsigned below(unsigned limit)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned)((state * 0x2545f4914f6cdd1du) >> 33) % limit;
}

#define PICK(list) (list)[below(ARRAY_LEN(list))]

static const char *const heads[] = { "Mar", "Jo", "El", "An", "Ste", "Ka", "Da", "Ro", "Li", "The", "Vi", "Gra" };
static const char *const tails[] = {
	"ina", "seph", "ena", "drew", "lla", "vid", "bert", "sa", "ora", "ctor", "ce", "io"
};
static const char *const family_heads[] = { "Ash", "Ber", "Cald", "Dun", "Fair", "Holt", "Kess", "Lind", "Mor", "Wes" };
static const char *const family_tails[] = { "ford", "well", "strom", "ley", "ton", "gren", "ler", "worth", "en", "ez" };
static const char *const streets[] = {
	"Main St", "Oak Ave", "N 5th St", "Maple Dr", "Park Blvd", "Cedar Ln", "Hill Rd"
};
static const char *const cities[] = { "Springfield", "Riverton", "Lakewood", "Fairview", "Georgetown", "Salem" };
static const char *const states[] = { "CA", "CO", "FL", "ID", "IL", "MA", "NC", "NY", "OH", "OR", "TX", "UT", "WA" };
static const char *const statuses[] = { "active", "active", "active", "pending", "inactive", "unpaid" };
static const char *const sexes[] = { "female", "male" };
static const char *const payers[] = { "Blue Cross Blue Shield", "Aetna", "Cigna", "United Healthcare", "Medicare" };
static const char *const phone_types[] = { "mobile", "home", "office" };
static const char *const booleans[] = { "true", "true", "false" };
static const char *const sources[] = { "Friend", "Website", "Employer", "Web", "Referral" };
static const char *const plans[] = { "Adult Monthly", "Family Monthly", "Child Monthly", "Senior Monthly" };
static const char *const relations[] = { "spouse", "parent", "child", "sibling", "friend" };

struct person {
	char first[32], last[32], middle[32], id[16], email[80], phone[16];
	char created[40], updated[40], born[16], street[48], zip[8];
	const char *city, *state, *sex;
};

static void random_id(char id[16])
{
	static const char letters[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

	for (int i = 0; i < 12; i++)
		id[i] = letters[below(sizeof(letters) - 1)];
	id[12] = '\0';
}

static void random_time(char text[40], unsigned year)
{
	snprintf(text, 40, "%u-%02u-%02uT%02u:%02u:%02u.%06u-0%u:00", year, 1 + below(12), 1 + below(28), below(24),
	         below(60), below(60), below(1000000), 5 + below(4));
}

static struct person invent(void)
{
	struct person p = { .city = PICK(cities), .state = PICK(states), .sex = PICK(sexes) };

	snprintf(p.first, sizeof(p.first), "%s%s", PICK(heads), PICK(tails));
	snprintf(p.middle, sizeof(p.middle), "%s%s", PICK(heads), PICK(tails));
	snprintf(p.last, sizeof(p.last), "%s%s", PICK(family_heads), PICK(family_tails));
	snprintf(p.email, sizeof(p.email), "%s.%s@mail.example", p.first, p.last);
	snprintf(p.phone, sizeof(p.phone), "%03u5550%03u", 201 + below(780), below(1000));
	snprintf(p.born, sizeof(p.born), "%u-%02u-%02u", 1935 + below(85), 1 + below(12), 1 + below(28));
	snprintf(p.street, sizeof(p.street), "%u %s", 1 + below(4000), PICK(streets));
	snprintf(p.zip, sizeof(p.zip), "%05u", below(99999));
	random_id(p.id);
	random_time(p.created, 2021 + below(5));
	random_time(p.updated, 2026);
	return p;
}

static void text_member(struct buf *out, const char *key, const char *value)
{
	if (value)
		buf_printf(out, "\"%s\":\"%s\",", key, value);
	else
		buf_printf(out, "\"%s\":null,", key);
}

static void consent(struct buf *out, const char *name, const struct person *p)
{
	const char *given = PICK(booleans);

	buf_printf(out, "\"%s_accepted\":%s,", name, given);
	buf_printf(out, "\"%s_accepted_at\":", name);
	buf_printf(out, given[0] == 't' ? "\"%.19s.000000-07:00\"," : "null,", p->created);
}

static void patient_address(struct buf *out, const struct person *p)
{
	text_member(out, "address_city", p->city);
	text_member(out, "address_country", "United States");
	text_member(out, "address_line1", p->street);
	text_member(out, "address_line2", below(4) ? NULL : "Apt 2");
	text_member(out, "address_state", p->state);
	text_member(out, "address_zip", p->zip);
}

static void patient_names(struct buf *out, const struct person *p)
{
	static const char *const blank[] = { "chosen_last_name", "chosen_middle_name", "chosen_suffix",
		                             "chosen_title" };

	buf_printf(out, "\"age\":%u,", below(90));
	text_member(out, "chosen_first_name", below(3) ? NULL : p->first);
	for (size_t i = 0; i < ARRAY_LEN(blank); i++)
		text_member(out, blank[i], NULL);
	text_member(out, "created_at", p->created);
	text_member(out, "dob", p->born);
	consent(out, "electronic_communication_consent", p);
	text_member(out, "email", p->email);
	buf_add_c(out, "\"engaged\":false,\"external_link_id\":null,");
	text_member(out, "first_name", p->first);
	text_member(out, "gender", p->sex);
	buf_add_c(out, "\"gender_identity\":null,\"gender_other\":null,");
}

static void patient_insurance(struct buf *out, const struct person *p)
{
	buf_printf(out, "\"health_insurance_group_id\":\"GRP-%04u\",\"health_insurance_member_id\":\"W%08u\",",
	           below(9999), below(99999999));
	buf_printf(out, "\"health_insurance_payer_id\":\"%05u\",\"health_insurance_payer_name\":\"%s\",", below(99999),
	           PICK(payers));
	consent(out, "hipaa_authorization", p);
	buf_printf(out, "\"import_id\":null,\"import_source\":null,\"joined_practice_date\":\"%.10s\",", p->created);
	text_member(out, "last_engagement_date", NULL);
	text_member(out, "last_name", p->last);
	buf_add_c(out, "\"lead_source_other\":null,\"master_record_sponsor\":null,");
	text_member(out, "membership_status", PICK(statuses));
	text_member(out, "middle_name", below(2) ? NULL : p->middle);
	buf_printf(out, "\"name\":\"%s %s\",", p->first, p->last);
	consent(out, "patient_agreement", p);
	text_member(out, "preferred_language", "en");
	text_member(out, "pronouns", below(2) ? NULL : "She/Her/Hers");
	buf_printf(out, "\"provider_web_link\":\"https://app.hint.com/patients/pat-%s\",", p->id);
	text_member(out, "sex", p->sex);
	text_member(out, "suffix", NULL);
	consent(out, "terms", p);
	buf_printf(out, "\"updated_at\":\"%s\",\"uses_tobacco\":false,", p->updated);
}

static void patient_relations(struct buf *out, const struct person *p)
{
	char other[16], time[40];

	random_id(other);
	random_time(time, 2023);
	buf_printf(out, "\"account\":{\"name\":\"%s %s\",\"past_due_in_cents\":0},\"company\":null,", p->first,
	           p->last);
	buf_printf(out,
	           "\"emergency_contact\":{\"id\":\"emc-%s\",\"first_name\":\"%s\",\"last_name\":\"%s\",\"email\":null,"
	           "\"name\":\"%s %s\",\"relationship\":\"%s\",\"relationship_other\":null,"
	           "\"phone\":{\"number\":\"%s\",\"type\":\"mobile\",\"us_formattable\":true}},",
	           other, p->middle, p->last, p->middle, p->last, PICK(relations), p->phone);
	buf_add_c(out, "\"external_records\":[],\"known_practice\":null,");
	buf_printf(out,
	           "\"lead_source\":{\"id\":\"lds-%s\",\"name\":\"%s\",\"created_at\":\"%s\",\"updated_at\":\"%s\"},",
	           other, PICK(sources), time, time);
	buf_printf(out,
	           "\"location\":{\"id\":\"loc-%s\",\"address_city\":\"%s\",\"address_country\":\"United States\","
	           "\"address_latitude\":43.%u,\"address_line1\":\"%s\",\"address_line2\":null,"
	           "\"address_longitude\":-116.%u,\"address_state\":\"%s\",\"address_zip\":\"%s\",\"distance\":null,"
	           "\"name\":\"%s Clinic\",\"phone_number\":\"%s\",\"virtual\":false,\"location_group\":null},",
	           other, p->city, below(9999999), p->street, below(9999999), p->state, p->zip, p->city, p->phone);
	buf_printf(out,
	           "\"location_group\":{\"id\":\"prg-%s\",\"created_at\":\"%s\",\"integration_record_id\":null,"
	           "\"name\":\"%s\",\"updated_at\":\"%s\"},",
	           other, time, p->city, time);
}

static void patient_membership(struct buf *out, const struct person *p)
{
	char other[16];

	random_id(other);
	buf_printf(out,
	           "\"membership_members\":[{\"id\":\"mp-%s\",\"end_date\":null,\"enrollment_requested_on\":\"%.10s\","
	           "\"enrollment_status\":\"active\",\"member_type\":\"%s\",\"start_date\":\"%.8s01\","
	           "\"status\":\"active\",\"uses_tobacco\":false,\"membership\":{\"id\":\"mem-%s\"}}],",
	           other, p->created, PICK(relations), p->created, other);
	buf_printf(out,
	           "\"memberships\":[{\"end_date\":null,\"enrollment_requested_on\":\"%.10s\","
	           "\"enrollment_status\":\"active\",\"member_type\":\"%s\",\"start_date\":\"%.8s01\","
	           "\"status\":\"active\",\"uses_tobacco\":false,\"company\":null,\"division\":null,"
	           "\"payer\":{\"id\":\"pat-%s\",\"name\":\"%s %s\"},"
	           "\"plan\":{\"id\":\"pln-%s\",\"name\":\"%s\",\"plan_type\":\"retail\"}}],\"merged_into\":null,",
	           p->created, PICK(relations), p->created, other, p->first, p->last, other, PICK(plans));
}

static void patient_practitioner(struct buf *out)
{
	struct person p = invent();

	buf_printf(out,
	           "\"practitioner\":{\"id\":\"pct-%s\",\"accepts_enrollments_from_employer\":true,"
	           "\"accepts_enrollments_from_retail\":true,\"bio\":null,\"created_at\":\"%s\",\"education\":[],"
	           "\"email\":\"%s\",\"gender\":\"%s\",\"gender_other\":null,\"integration_record_id\":null,"
	           "\"max_patient_age\":null,\"min_patient_age\":0,\"name\":\"%s %s\",",
	           p.id, p.created, p.email, p.sex, p.first, p.last);
	buf_printf(out,
	           "\"online_signup_visibility\":true,\"panel_size\":%u,\"panel_size_limit\":600,\"photo_url\":null,"
	           "\"updated_at\":\"%s\",\"locations\":[],\"npi\":{\"first_name\":\"%s\",\"last_name\":\"%s\","
	           "\"number\":\"1%09u\",\"organization_name\":null,\"type\":\"individual\"},"
	           "\"specialties\":[{\"id\":\"spe-%s\",\"name\":\"Family Medicine\"}]},\"practitioner_group\":null,",
	           below(600), p.updated, p.first, p.last, below(999999999), p.id);
}

static void write_patient(struct buf *out)
{
	struct person p = invent();

	buf_printf(out, "{\"id\":\"pat-%s\",", p.id);
	patient_address(out, &p);
	patient_names(out, &p);
	patient_insurance(out, &p);
	patient_relations(out, &p);
	patient_membership(out, &p);
	buf_printf(out, "\"phones\":[{\"number\":\"%s\",\"type\":\"%s\",\"us_formattable\":true}],", p.phone,
	           PICK(phone_types));
	patient_practitioner(out);
	buf_printf(out,
	           "\"sponsorships\":[],\"ssn\":{\"masked_number\":\"***-**-%04u\"},\"integration_error_message\":null,"
	           "\"integration_last_synced_at\":null,\"integration_record_id\":null,"
	           "\"integration_sync_status\":\"enabled\",\"integration_web_link\":null,"
	           "\"email_marketing_authorization\":null}",
	           below(9999));
}

static void write_contact(struct buf *out)
{
	struct person p = invent();

	buf_printf(out,
	           "{\"attributes\":{\"type\":\"Contact\",\"url\":\"/services/data/v61.0/sobjects/Contact/003%sAAA\"},"
	           "\"Id\":\"003%sAAA\",\"FirstName\":\"%s\",\"LastName\":\"%s\",\"MiddleName\":null,\"Suffix\":null,"
	           "\"Salutation\":null,\"Birthdate\":\"%s\",\"Email\":\"%s\",\"Phone\":\"(%.3s) 555-0%s\",",
	           p.id, p.id, p.first, p.last, p.born, p.email, p.phone, p.phone + 7);
	buf_printf(out,
	           "\"MobilePhone\":\"%s\",\"HomePhone\":null,\"MailingStreet\":\"%s\",\"MailingCity\":\"%s\","
	           "\"MailingState\":\"%s\",\"MailingPostalCode\":\"%s\",\"MailingCountry\":\"United States\","
	           "\"AccountId\":\"001%sAAA\",\"Account\":null,\"OwnerId\":\"005%sAAA\",",
	           p.phone, p.street, p.city, p.state, p.zip, p.id, p.id);
	buf_printf(
	        out,
	        "\"Hint_Patient_Id__c\":\"pat-%s\",\"IsDeleted\":false,\"MasterRecordId\":null,"
	        "\"CreatedDate\":\"%.23s+0000\",\"LastModifiedDate\":\"%.23s+0000\",\"SystemModstamp\":\"%.23s+0000\"}",
	        p.id, p.created, p.updated, p.updated);
}

static bool save(const char *path, const void *bytes, size_t len)
{
	FILE *file = fopen(path, "wb");
	bool written = file && fwrite(bytes, 1, len, file) == len;

	return file && fclose(file) == 0 && written;
}

int main(int argc, char **argv)
{
	SCOPED(buf) struct buf samples = BUF_INIT(SAMPLES_MAX);
	static size_t sizes[SAMPLES];
	static char dictionary[DICTIONARY_LEN];
	size_t len;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < SAMPLES; i++) {
		size_t before = samples.len;

		if (i % 3 == 2)
			write_contact(&samples);
		else
			write_patient(&samples);
		sizes[i] = samples.len - before;
	}
	len = ZDICT_trainFromBuffer(dictionary, sizeof(dictionary), samples.at, sizes, SAMPLES);
	if (ZDICT_isError(len) || !save(argv[1], dictionary, len)) {
		fprintf(stderr, "%s: cannot train into %s\n", argv[0], argv[1]);
		return 1;
	}
	printf("%zu bytes from %d samples of %zu bytes\n", len, SAMPLES, samples.len / SAMPLES);
	return 0;
}
