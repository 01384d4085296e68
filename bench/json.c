/*
 * json: microseconds to read one patient of about 1.5 KB into a tree, beside jansson and (where it is installed) simdjson reading the same bytes. 200 invented
 * patients are read one after the other, each into an arena that is reset, the way records are handled; the best of
 * several rounds counts. Below it, what cutting a page of 200 into records costs (json_split_array), and what
 * writing a record costs of which one field was changed. Goal: 4 us a patient.
 */
#include "codec/json.h"
#include "json_peer.h"
#include "lib/clock.h"

#include <stdio.h>

enum { PATIENTS = 200, PAGES = 50, ROUNDS = 7 };

static const char format[] =
        "{\"id\":\"pat-%010u\",\"address_city\":\"Springfield\",\"address_country\":\"United "
        "States\",\"address_line1\":\"%u N 9th "
        "St\",\"address_line2\":\"Apt "
        "4\",\"address_state\":\"ID\",\"address_zip\":\"83702\",\"age\":41,\"chosen_first_name\":null,"
        "\"chosen_last_name\":null,\"created_at\":\"2024-03-11T09:17:44.502913-07:00\",\"dob\":\"1985-02-19\","
        "\"electronic_communication_consent_accepted\":true,\"electronic_communication_consent_accepted_at\":"
        "\"2024-03-11T09:20:01.000000-07:00\",\"email\":\"invented.%u@mail.example\",\"first_name\":\"Zo\xc3\xab\","
        "\"gender\":\"female\","
        "\"health_insurance_group_id\":\"GRP-5521\",\"health_insurance_member_id\":\"W00812377\",\"health_insurance_"
        "payer_id\":\"00039\","
        "\"health_insurance_payer_name\":\"Blue \\\"Shield\\\"\",\"hipaa_authorization_accepted\":true,"
        "\"hipaa_authorization_accepted_at\":\"2024-03-11T09:20:01.000000-07:00\",\"joined_practice_date\":\"2024-03-"
        "11\","
        "\"last_name\":\"Person%u\",\"membership_status\":\"active\",\"middle_name\":null,\"name\":\"Zo\xc3\xab "
        "Person\","
        "\"patient_agreement_accepted\":true,\"preferred_language\":\"en\",\"provider_web_link\":"
        "\"https://app.hint.com/patients/pat-%010u\",\"sex\":\"female\",\"terms_accepted\":true,\"updated_at\":"
        "\"2026-08-02T16:05:12.770341-07:00\",\"uses_tobacco\":false,\"account\":{\"name\":\"A "
        "Payer\",\"past_due_in_cents\":0},"
        "\"emergency_contact\":{\"first_name\":\"Some\",\"last_name\":\"Body\",\"relationship\":\"spouse\",\"phone\":{"
        "\"number\":"
        "\"2085550177\",\"type\":\"mobile\",\"us_formattable\":true}},\"external_records\":[],\"merged_into\":null,"
        "\"phones\":["
        "{\"number\":\"2085550163\",\"type\":\"mobile\",\"us_formattable\":true},{\"number\":\"2085550190\",\"type\":"
        "\"home\","
        "\"us_formattable\":true}],\"integration_record_id\":\"0035g00000ABCDEAA4\",\"integration_sync_status\":"
        "\"synced\"}";

struct page {
	struct buf text;
	struct str *patients;
	size_t count;
	struct arena arena; /* of the patients' ranges */
};

static void make_page(struct page *page)
{
	struct err err = ERR_INIT;

	buf_init(&page->text, 1 << 20);
	for (unsigned i = 0; i < PATIENTS; i++) {
		buf_add_c(&page->text, i ? "," : "[");
		buf_printf(&page->text, format, i * 7919, i, i, i, i * 7919);
	}
	buf_add_c(&page->text, "]");
	must(json_split_array(&page->arena, buf_str(&page->text), &page->patients, &page->count, &err) == 0);
	must(page->count == PATIENTS);
}

static void read_ours(const struct page *page)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err;
	struct json *j;

	for (size_t i = 0; i < page->count; i++) {
		arena_reset(&arena);
		must(json_parse(&arena, page->patients[i], &j, &err) == 0);
	}
}

static void read_peer(const struct page *page)
{
	for (size_t i = 0; i < page->count; i++)
		must(peer_reads(page->patients[i]));
}

#ifdef HAVE_SIMDJSON
/* It wants room behind the text, and copies what has none: part of what reading costs with it. */
static void read_simdjson(const struct page *page)
{
	for (size_t i = 0; i < page->count; i++)
		must(simdjson_reads(page->patients[i].at, page->patients[i].len));
}
#endif

static void split(const struct page *page)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str *items;
	struct err err;
	size_t count;

	must(json_split_array(&arena, buf_str(&page->text), &items, &count, &err) == 0 && count == PATIENTS);
}

/* Reading is part of it, and taken off again by the caller. */
static void read_change_write(const struct page *page)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);
	struct err err;
	struct json *j;

	for (size_t i = 0; i < page->count; i++) {
		arena_reset(&arena);
		buf_clear(&out);
		must(json_parse(&arena, page->patients[i], &j, &err) == 0);
		json_set(j, STR("email"), json_new_text(&arena, STR("new@mail.example")));
		json_write(&out, j);
	}
}

/* Microseconds a patient, the best of ROUNDS. */
static double measure(void (*run)(const struct page *page), const struct page *page, int pages)
{
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = clock_mono_ns();

		for (int i = 0; i < pages; i++)
			run(page);
		best = MIN_OF(best, (double)(clock_mono_ns() - start) / 1e3 / pages / PATIENTS);
	}
	return best;
}

int main(void)
{
	struct page page = { 0 };
	double ours, peer;

	make_page(&page);
	ours = measure(read_ours, &page, PAGES);
	peer = measure(read_peer, &page, PAGES / 5);
	printf("json: %.2f us a patient of %zu bytes, jansson %.2f us, ratio %.2f (goal: 4 us)\n", ours,
	       page.text.len / PATIENTS, peer, ours / peer);
#ifdef HAVE_SIMDJSON
	peer = measure(read_simdjson, &page, PAGES);
	printf("json: simdjson %.2f us, ratio %.2f\n", peer, ours / peer);
#endif
	printf("json: cutting a page into records %.2f us a patient, writing one changed field %.2f us\n",
	       measure(split, &page, PAGES), measure(read_change_write, &page, PAGES) - ours);
	arena_release(&page.arena);
	buf_release(&page.text);
	return 0;
}
