/*
 * practice: the reference data of the one practice: four practitioners, three locations, five lead sources. Written once as
 * finished JSON, since a whole practitioner stands in every patient row.
 */
#include "sandbox/hint/hint.h"

#include <pthread.h>

struct place {
	const char *id, *city, *line1, *line2, *zip, *name, *phone, *latitude, *longitude;
};

struct practitioner {
	const char *id, *name, *first, *last, *email, *gender, *bio, *school, *npi, *specialty_id, *specialty;
	int location;
	int panel;
};

struct lead_source {
	const char *id, *name;
};

static const struct place places[] = {
	{ "loc-7QmT2bXr9LkA", "Boise", "410 Grove Ave", "Floor 3", "83702", "Grove Street Clinic", "3715550142",
	  "43.6150186", "-116.2023137" },
	{ "loc-2HsN6vYc4RtE", "Meridian", "1200 E Fairview Ave", NULL, "83642", "Meridian Office", "3715550143",
	  "43.6121087", "-116.3915131" },
	{ "loc-9DwK3xPb7MuZ", "Nampa", "88 12th Ave S", "Suite 2", "83651", "Nampa Office", "3715550144", "43.5788175",
	  "-116.5597834" },
};

static const struct practitioner practitioners[] = {
	{ "pct-2RkY6pMs4QwJ", "Astrid Lindqvist", "ASTRID", "LINDQVIST", "a.lindqvist@grove.example", "female",
	  "Family physician.", "Oregon Health & Science University", "1093817465", "spe-8TfB1cGh5NxD",
	  "Family Medicine", 0, 312 },
	{ "pct-5JvB8nTd1XeL", "Tomás Okonkwo-Reyes", "TOMAS", "OKONKWO-REYES", "t.okonkwo@grove.example", "male",
	  "Internist.", "University of Washington", "1780615538", "spe-3KmW7zQa2VsC", "Internal Medicine", 1, 405 },
	{ "pct-7GcZ3wHy9SaF", "Miriam O'Shea", "MIRIAM", "O'SHEA", "m.oshea@grove.example", "female",
	  "Children and families.", "University of Utah", "1457320981", "spe-6PdR4jLx8BtG", "Pediatrics", 2, 288 },
	{ "pct-4NqX1kUf6DoV", "Li Wei", "LI", "WEI", "l.wei@grove.example", "male", "Family physician.",
	  "Stanford University", "1235190647", "spe-8TfB1cGh5NxD", "Family Medicine", 0, 197 },
};

static const struct lead_source lead_sources[] = {
	{ "lds-6GnC9yHt8ZpU", "Friend" },    { "lds-1VbM5rKe3JwA", "Web search" }, { "lds-8XtD2qSf7LoY", "Employer" },
	{ "lds-4ZhP6uNg9CiR", "Insurance" }, { "lds-3EkW1aTj5BmQ", "Walked by" },
};

#define GROUP_STAMP "2023-01-09T08:00:00.000000-08:00"

static struct {
	pthread_once_t once;
	struct arena arena;
	struct str places[ARRAY_LEN(places)];
	struct str practitioners[ARRAY_LEN(practitioners)];
	struct str lead_sources[ARRAY_LEN(lead_sources)];
} finished = { .once = PTHREAD_ONCE_INIT };

struct str practice_group(void)
{
	return STR("{\"id\":\"prg-5HdW8nZc3VuE\",\"created_at\":\"" GROUP_STAMP "\",\"integration_record_id\":null,"
	           "\"name\":\"Treasure Valley\",\"updated_at\":\"" GROUP_STAMP "\"}");
}

static void write_text(struct buf *out, const char *lead, const char *text)
{
	buf_add_c(out, lead);
	if (text)
		json_write_string(out, str_of(text));
	else
		buf_add_c(out, "null");
}

static void write_place(const struct place *p, struct buf *out)
{
	write_text(out, "{\"id\":", p->id);
	write_text(out, ",\"address_city\":", p->city);
	buf_printf(out, ",\"address_country\":\"United States\",\"address_latitude\":%s", p->latitude);
	write_text(out, ",\"address_line1\":", p->line1);
	write_text(out, ",\"address_line2\":", p->line2);
	buf_printf(out, ",\"address_longitude\":%s,\"address_state\":\"ID\"", p->longitude);
	write_text(out, ",\"address_zip\":", p->zip);
	write_text(out, ",\"distance\":null,\"name\":", p->name);
	write_text(out, ",\"phone_number\":", p->phone);
	buf_add_c(out, ",\"virtual\":false,\"location_group\":");
	buf_add(out, practice_group());
	buf_add_char(out, '}');
}

static void write_practitioner(const struct practitioner *p, struct buf *out)
{
	write_text(out, "{\"id\":", p->id);
	write_text(out, ",\"accepts_enrollments_from_employer\":true,\"accepts_enrollments_from_retail\":true,\"bio\":",
	           p->bio);
	write_text(out, ",\"created_at\":\"2023-01-09T08:05:00.000000-08:00\",\"education\":[", p->school);
	write_text(out, "],\"email\":", p->email);
	write_text(out, ",\"gender\":", p->gender);
	write_text(out,
	           ",\"gender_other\":null,\"integration_record_id\":null,\"max_patient_age\":null,\"min_patient_age\":"
	           "0,\"name\":",
	           p->name);
	buf_printf(out,
	           ",\"online_signup_visibility\":true,\"panel_size\":%d,\"panel_size_limit\":600,\"photo_url\":null,",
	           p->panel);
	buf_add_c(out, "\"updated_at\":\"2026-06-30T11:42:10.118204-07:00\",\"locations\":[");
	write_place(&places[p->location], out);
	write_text(out, "],\"npi\":{\"first_name\":", p->first);
	write_text(out, ",\"last_name\":", p->last);
	buf_printf(out, ",\"number\":\"%s\",\"organization_name\":null,\"type\":\"individual\"},", p->npi);
	write_text(out, "\"specialties\":[{\"id\":", p->specialty_id);
	write_text(out, ",\"name\":", p->specialty);
	buf_add_c(out, "}]}");
}

static struct str take(struct buf *out)
{
	struct str text = arena_str(&finished.arena, buf_str(out));

	buf_clear(out);
	return text;
}

static void finish(void)
{
	SCOPED(buf) struct buf out = BUF_INIT(65536);

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		write_place(&places[i], &out);
		finished.places[i] = take(&out);
	}
	for (size_t i = 0; i < ARRAY_LEN(practitioners); i++) {
		write_practitioner(&practitioners[i], &out);
		finished.practitioners[i] = take(&out);
	}
	for (size_t i = 0; i < ARRAY_LEN(lead_sources); i++) {
		buf_printf(&out,
		           "{\"id\":\"%s\",\"created_at\":\"" GROUP_STAMP
		           "\",\"name\":\"%s\",\"updated_at\":\"" GROUP_STAMP "\"}",
		           lead_sources[i].id, lead_sources[i].name);
		finished.lead_sources[i] = take(&out);
	}
}

void practice_prepare(void)
{
	pthread_once(&finished.once, finish);
}

int practice_find_practitioner(struct str id)
{
	for (size_t i = 0; i < ARRAY_LEN(practitioners); i++)
		if (str_eq_c(id, practitioners[i].id))
			return (int)i;
	return -1;
}

int practice_find_location(struct str id)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (str_eq_c(id, places[i].id))
			return (int)i;
	return -1;
}

int practice_find_lead_source(struct str id)
{
	for (size_t i = 0; i < ARRAY_LEN(lead_sources); i++)
		if (str_eq_c(id, lead_sources[i].id))
			return (int)i;
	return -1;
}

struct str practice_practitioner_id(unsigned number)
{
	return str_of(practitioners[number % ARRAY_LEN(practitioners)].id);
}

struct str practice_location_id(unsigned number)
{
	return str_of(places[number % ARRAY_LEN(places)].id);
}

struct str practice_lead_source_id(unsigned number)
{
	return str_of(lead_sources[number % ARRAY_LEN(lead_sources)].id);
}

struct str practice_practitioner(int index)
{
	return finished.practitioners[index];
}

struct str practice_location(int index)
{
	return finished.places[index];
}

struct str practice_lead_source(int index)
{
	return finished.lead_sources[index];
}

static void write_all(const struct str *rows, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		buf_add_char(out, i ? ',' : '[');
		buf_add(out, rows[i]);
	}
	buf_add_char(out, ']');
}

void practice_write_practitioners(struct buf *out)
{
	write_all(finished.practitioners, ARRAY_LEN(practitioners), out);
}

void practice_write_locations(struct buf *out)
{
	write_all(finished.places, ARRAY_LEN(places), out);
}

void practice_write_lead_sources(struct buf *out)
{
	write_all(finished.lead_sources, ARRAY_LEN(lead_sources), out);
}
