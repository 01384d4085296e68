/*
 * import_floor: what an import cannot do without, and nothing else.
 *
 *	import_floor HINT SALESFORCE API_KEY IN_FLIGHT FILE.db
 *
 *	read     pages of 100 patients, IN_FLIGHT at once; pages of contacts as the matching needs them, one behind the other
 *	store    each patient's bytes into one table of a new SQLite file, two pages a transaction
 *	ship     collections of 200 records of 23 fields, IN_FLIGHT at once, upserted by external id
 *
 * Pages are parsed whole with the same JSON reader. Nobody is matched, nothing is merged, compressed, sealed, settled or kept for
 * a resumption; each patient is shipped, created where it is not there. libcurl's multi handle in one thread, SQLite directly. Prints one JSON line.
 */
#include <curl/curl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "codec/url.h"
#include "lib/clock.h"

enum { PAGE = 100, ROWS = 200, IN_FLIGHT_MAX = 64, ANSWER_MAX = 64 << 20, BODY_MAX = 4 << 20 };

/* A slot of the calls under way. */
struct slot {
	CURL *easy;
	struct buf answer, body;
	char url[512];
	bool busy;
};

struct floor {
	const char *hint, *salesforce;
	struct curl_slist *hint_headers, *salesforce_headers;
	CURLM *multi;
	struct slot slots[IN_FLIGHT_MAX];
	size_t in_flight;
	size_t open;
	sqlite3 *db;
	sqlite3_stmt *insert;
	size_t pages_in_transaction;
	int64_t total, asked, read, shipped, refused, calls;
	struct buf rows; /* records that wait for a full body */
	size_t row_count;
	struct arena keep;
	struct str bodies[1 << 14];
	size_t body_count, bodies_sent;
};

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "import_floor: %s failed\n", what);
	exit(1);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
	buf_add_bytes(context, bytes, size * count);
	return size * count;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
	static const char name[] = "x-total-count:";
	struct floor *f = context;
	struct str line = str_range(bytes, size * count);

	if (line.len > sizeof(name) && str_eq_nocase(str_range(line.at, sizeof(name) - 1), str_of(name)))
		check(str_to_i64(str_trim(str_skip(line, sizeof(name) - 1)), &f->total), "x-total-count");
	return size * count;
}

/* ---- calls ---- */

static struct slot *free_slot(struct floor *f)
{
	for (size_t i = 0; i < f->in_flight; i++)
		if (!f->slots[i].busy)
			return &f->slots[i];
	return NULL;
}

static void prepare(struct slot *s, struct curl_slist *headers, const char *method, struct str body)
{
	s->busy = true;
	buf_clear(&s->answer);
	curl_easy_reset(s->easy);
	curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
	curl_easy_setopt(s->easy, CURLOPT_URL, s->url);
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, &s->answer);
	curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, method);
	if (!body.len)
		return;
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, body.at);
}

static void judge(struct slot *s)
{
	long status = 0;

	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	check(status == 200, s->url);
}

/* One call, alone: signing in and the pages of contacts. */
static struct json *call_now(struct floor *f, struct arena *arena, struct curl_slist *headers, const char *method,
                             struct str body)
{
	struct slot *s = &f->slots[0];
	struct err err = ERR_INIT;
	struct json *answer;

	prepare(s, headers, method, body);
	check(curl_easy_perform(s->easy) == CURLE_OK, s->url);
	judge(s);
	s->busy = false;
	check(json_parse(arena, buf_str(&s->answer), &answer, &err) == 0, "parsing an answer");
	return answer;
}

/* Starts one more call; false when there is nothing (more) to do. */
typedef bool start_fn(struct floor *f, struct slot *s);
typedef void done_fn(struct floor *f, struct slot *s);

static void run_calls(struct floor *f, start_fn *start, done_fn *done)
{
	bool more = true;
	int running, left;

	do {
		struct slot *s;
		CURLMsg *message;

		while (more && (s = free_slot(f)) && (more = start(f, s))) {
			check(curl_multi_add_handle(f->multi, s->easy) == CURLM_OK, "starting a call");
			f->open++;
			f->calls++;
		}
		check(curl_multi_perform(f->multi, &running) == CURLM_OK, "the calls");
		while ((message = curl_multi_info_read(f->multi, &left))) {
			check(message->data.result == CURLE_OK, "a call");
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&s);
			curl_multi_remove_handle(f->multi, s->easy);
			judge(s);
			f->open--;
			done(f, s);
			s->busy = false;
			more = true;
		}
		if (f->open && running == (int)f->open)
			curl_multi_poll(f->multi, NULL, 0, 1000, NULL);
	} while (f->open || more);
}

/* ---- records ---- */

/* Contact field, and where the patient has it; a text or a truth value. */
static const struct {
	const char *crm, *emr;
} fields[] = {
	{ "Salutation", "chosen_title" },
	{ "FirstName", "first_name" },
	{ "MiddleName", "middle_name" },
	{ "LastName", "last_name" },
	{ "Birthdate", "dob" },
	{ "Gender__c", "gender" },
	{ "Email", "email" },
	{ "MailingStreet", "address_line1" },
	{ "MailingCity", "address_city" },
	{ "MailingState", "address_state" },
	{ "MailingPostalCode", "address_zip" },
	{ "MailingCountry", "address_country" },
	{ "Practitioner_Name__c", "practitioner.name" },
	{ "Insurance_Payer__c", "health_insurance_payer_name" },
	{ "Insurance_Group_Id__c", "health_insurance_group_id" },
	{ "Insurance_Member_Id__c", "health_insurance_member_id" },
	{ "Member_Contract_Accepted__c", "terms_accepted" },
	{ "Member_Contract_Accepted_At__c", "terms_accepted_at" },
	{ "HIPAA_Authorization_Accepted__c", "hipaa_authorization_accepted" },
	{ "HIPAA_Authorization_Accepted_At__c", "hipaa_authorization_accepted_at" },
	{ "Hint_Patient_Id__c", "id" },
};
static const struct {
	const char *crm, *type;
} phones[] = { { "MobilePhone", "mobile" }, { "HomePhone", "home" }, { "Phone", "office" } };

static void write_member(struct buf *out, const char *name, const struct json *value)
{
	if (json_is_null(value))
		return;
	buf_printf(out, ",\"%s\":", name);
	json_write(out, value);
}

static void write_phones(struct buf *out, const struct json *list)
{
	for (size_t i = 0; i < ARRAY_LEN(phones); i++) {
		JSON_EACH (list, phone) {
			if (!str_eq_c(json_get_text(phone, "type"), phones[i].type))
				continue;
			write_member(out, phones[i].crm, json_get(phone, "number"));
			break;
		}
	}
}

static void close_body(struct floor *f)
{
	if (f->row_count == 0)
		return;
	buf_add_c(&f->rows, "]}");
	check(f->body_count < ARRAY_LEN(f->bodies), "keeping the bodies");
	f->bodies[f->body_count++] = arena_str(&f->keep, buf_str(&f->rows));
	buf_clear(&f->rows);
	f->row_count = 0;
}

static void add_record(struct floor *f, const struct json *patient)
{
	struct buf *out = &f->rows;

	buf_add_c(out, f->row_count++ ? "," : "{\"allOrNone\":false,\"records\":[");
	buf_add_c(
	        out,
	        "{\"attributes\":{\"type\":\"Contact\"},\"Synced_to_Hint__c\":true,\"Last_Batch_Sync_Id__c\":\"floor\""
	        ",\"Last_Hint_Sync__c\":\"2026-11-21T00:00:00.000Z\"");
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		write_member(out, fields[i].crm, json_walk(patient, fields[i].emr));
	write_phones(out, json_get(patient, "phones"));
	buf_add_char(out, '}');
	if (f->row_count == ROWS)
		close_body(f);
}

/* ---- store ---- */

static void sql(struct floor *f, const char *text)
{
	check(sqlite3_exec(f->db, text, NULL, NULL, NULL) == SQLITE_OK, text);
}

static void open_table(struct floor *f, const char *path)
{
	check(sqlite3_open(path, &f->db) == SQLITE_OK, "opening the database");
	sql(f, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE staged (id INTEGER PRIMARY KEY, "
	       "record_id TEXT, body BLOB)");
	check(sqlite3_prepare_v2(f->db, "INSERT INTO staged (record_id, body) VALUES (?, ?)", -1, &f->insert, NULL) ==
	              SQLITE_OK,
	      "preparing");
}

static void store_record(struct floor *f, const struct json *patient)
{
	struct str id = json_get_text(patient, "id");

	sqlite3_bind_text(f->insert, 1, id.at, (int)id.len, SQLITE_STATIC);
	sqlite3_bind_blob(f->insert, 2, patient->raw.at, (int)patient->raw.len, SQLITE_STATIC);
	check(sqlite3_step(f->insert) == SQLITE_DONE, "storing a patient");
	sqlite3_reset(f->insert);
}

static void store_page(struct floor *f, const struct json *page)
{
	if (f->pages_in_transaction == 0)
		sql(f, "BEGIN");
	JSON_EACH (page, patient)
		store_record(f, patient);
	if (++f->pages_in_transaction * PAGE < ROWS)
		return;
	sql(f, "COMMIT");
	f->pages_in_transaction = 0;
}

/* ---- the three steps ---- */

static bool ask_page(struct floor *f, struct slot *s)
{
	if (f->asked > 0 && (f->total < 0 || f->asked >= f->total))
		return false; /* the first page says how many there are */
	snprintf(s->url, sizeof(s->url), "%s/api/provider/patients?limit=%d&offset=%lld", f->hint, PAGE,
	         (long long)f->asked);
	prepare(s, f->hint_headers, "GET", STR_EMPTY);
	curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, f);
	f->asked += PAGE;
	return true;
}

static void take_page(struct floor *f, struct slot *s)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct json *page;

	check(json_parse(&arena, buf_str(&s->answer), &page, &err) == 0, "parsing a page");
	store_page(f, page);
	JSON_EACH (page, patient)
		add_record(f, patient);
	f->read += page->count;
}

static bool ship_body(struct floor *f, struct slot *s)
{
	struct str body;

	if (f->bodies_sent == f->body_count)
		return false;
	body = f->bodies[f->bodies_sent++];
	snprintf(s->url, sizeof(s->url), "%s/services/data/v62.0/composite/sobjects/Contact/Hint_Patient_Id__c",
	         f->salesforce);
	prepare(s, f->salesforce_headers, "PATCH", body);
	return true;
}

static void take_results(struct floor *f, struct slot *s)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct json *results;

	check(json_parse(&arena, buf_str(&s->answer), &results, &err) == 0, "parsing results");
	f->shipped += results->count;
	JSON_EACH (results, result)
		f->refused += !json_bool(json_get(result, "success"), false);
}

static void sign_in(struct floor *f, const char *api_key)
{
	static const char form[] = "grant_type=client_credentials&client_id=suture-client&client_secret=suture-secret";
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *answer;

	snprintf(f->slots[0].url, sizeof(f->slots[0].url), "%s/services/oauth2/token", f->salesforce);
	answer = call_now(f, &arena, NULL, "POST", str_of(form));
	f->salesforce_headers = curl_slist_append(
	        NULL,
	        arena_printf(&arena, "Authorization: Bearer %.*s", STR_ARG(json_get_text(answer, "access_token"))).at);
	f->salesforce_headers = curl_slist_append(f->salesforce_headers, "Content-Type: application/json");
	f->hint_headers = curl_slist_append(NULL, arena_printf(&arena, "Authorization: Bearer %s", api_key).at);
}

static void read_contacts(struct floor *f)
{
	static const char query[] = "/services/data/v62.0/query?q=SELECT+Id,FirstName,LastName,Birthdate,"
	                            "Hint_Patient_Id__c,Synced_to_Hint__c+FROM+Contact";
	struct slot *s = &f->slots[0];
	bool last = false;

	snprintf(s->url, sizeof(s->url), "%s%s", f->salesforce, query);
	while (!last) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		const struct json *answer = call_now(f, &arena, f->salesforce_headers, "GET", STR_EMPTY);
		struct str next = json_get_text(answer, "nextRecordsUrl");

		last = next.len == 0;
		snprintf(s->url, sizeof(s->url), "%s%.*s", f->salesforce, STR_ARG(next));
		f->calls++;
	}
}

static void import(struct floor *f, const char *api_key)
{
	sign_in(f, api_key);
	read_contacts(f);
	run_calls(f, ask_page, take_page);
	if (f->pages_in_transaction)
		sql(f, "COMMIT");
	close_body(f);
	run_calls(f, ship_body, take_results);
}

static void close_all(struct floor *f)
{
	for (size_t i = 0; i < f->in_flight; i++) {
		curl_easy_cleanup(f->slots[i].easy);
		buf_release(&f->slots[i].answer);
	}
	arena_release(&f->keep);
	buf_release(&f->rows);
	curl_slist_free_all(f->hint_headers);
	curl_slist_free_all(f->salesforce_headers);
	curl_multi_cleanup(f->multi);
	sqlite3_finalize(f->insert);
	sqlite3_close(f->db);
}

int main(int argc, char **argv)
{
	static struct floor f = { .total = -1, .rows = BUF_INIT(BODY_MAX) };
	int64_t start = clock_mono_ns();
	int64_t in_flight = 0;

	if (argc != 6 || !str_to_i64(str_of(argv[4]), &in_flight) || in_flight < 1 || in_flight > IN_FLIGHT_MAX) {
		fprintf(stderr, "usage: import_floor HINT SALESFORCE API_KEY IN_FLIGHT FILE.db\n");
		return 2;
	}
	f.hint = argv[1];
	f.salesforce = argv[2];
	f.in_flight = (size_t)in_flight;
	f.multi = curl_multi_init();
	for (size_t i = 0; i < f.in_flight; i++) {
		f.slots[i].easy = curl_easy_init();
		f.slots[i].answer = (struct buf)BUF_INIT(ANSWER_MAX);
	}
	open_table(&f, argv[5]);
	import(&f, argv[3]);
	printf("{\"read\":%lld,\"shipped\":%lld,\"refused\":%lld,\"bodies\":%zu,\"calls\":%lld,\"seconds\":%.6f}\n",
	       (long long)f.read, (long long)f.shipped, (long long)f.refused, f.body_count, (long long)f.calls,
	       (double)(clock_mono_ns() - start) / 1e9);
	close_all(&f);
	return f.refused ? 1 : 0;
}
