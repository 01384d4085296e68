/*
 * sandbox: how many records a second the stand-in Salesforce takes, so that it is never what an import is measured by.
 * 200 records of 23 fields a call, upserted by external id over one connection: first all new, then all again.
 * Floor: the same bytes sent and answered without a record being touched (a call that fails before its body is read).
 *
 *	bench_sandbox [RECORDS]        default 100000; the goal is 60,000/s
 */
#include "sandbox/server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "sandbox/systems.h"

#define ROWS 200

struct peer {
	int socket;
	struct buf request, answer;
	struct str token;
};

static void write_record(struct buf *out, unsigned n)
{
	buf_printf(
	        out,
	        "{\"attributes\":{\"type\":\"Contact\"},\"Hint_Patient_Id__c\":\"pat-%06u\",\"FirstName\":\"First%u\","
	        "\"LastName\":\"Last%u\",\"MiddleName\":\"M\",\"Birthdate\":\"1980-01-02\",\"Email\":\"p%u@clinic."
	        "example\","
	        "\"Phone\":\"(371) 010-%04u\",\"MobilePhone\":\"(371) 011-%04u\",\"HomePhone\":null,",
	        n, n, n, n, n % 10000, n % 10000);
	buf_printf(out,
	           "\"MailingStreet\":\"%u Main St\\nApt "
	           "4\",\"MailingCity\":\"Springfield\",\"MailingState\":\"Illinois\","
	           "\"MailingPostalCode\":\"62701\",\"MailingCountry\":\"United States\",\"Gender__c\":\"female\","
	           "\"Practitioner_Name__c\":\"Dr. Jane Doe\",\"Insurance_Payer__c\":\"Acme Health\","
	           "\"Insurance_Group_Id__c\":\"G-1234\",\"Insurance_Member_Id__c\":\"M-%06u\",",
	           n, n);
	buf_add_c(out, "\"Member_Contract_Accepted__c\":true,\"Last_Hint_Sync__c\":\"2026-07-18T09:15:22Z\","
	               "\"Synced_to_Hint__c\":true,\"Last_Batch_Sync_Id__c\":\"run-1\"}");
}

static void write_request(struct peer *peer, const char *path, unsigned first)
{
	SCOPED(buf) struct buf body = BUF_INIT((size_t)4 << 20);

	buf_add_c(&body, "{\"allOrNone\":false,\"records\":[");
	for (unsigned i = 0; i < ROWS; i++) {
		buf_add_c(&body, i ? "," : "");
		write_record(&body, first + i);
	}
	buf_add_c(&body, "]}");
	buf_clear(&peer->request);
	buf_printf(&peer->request,
	           "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %.*s\r\nContent-Length: %zu\r\n\r\n", path,
	           STR_ARG(peer->token), body.len);
	buf_add(&peer->request, buf_str(&body));
}

static bool send_all(const struct peer *peer)
{
	struct str left = buf_str(&peer->request);

	while (left.len > 0) {
		ssize_t sent = write(peer->socket, left.at, left.len);

		if (sent <= 0)
			return false;
		left = str_skip(left, (size_t)sent);
	}
	return true;
}

/* Length of the whole answer, once its headers are there; 0 before. */
static size_t answer_length(struct str answer)
{
	ptrdiff_t end = str_find(answer, STR("\r\n\r\n")), at = str_find(answer, STR("Content-Length: "));
	struct str digits;
	int64_t length;

	if (end < 0 || at < 0)
		return 0;
	digits = str_skip(answer, (size_t)at + 16);
	digits.len = (size_t)str_find_char(digits, '\r');
	return str_to_i64(digits, &length) ? (size_t)end + 4 + (size_t)length : 0;
}

static bool read_answer(struct peer *peer)
{
	buf_clear(&peer->answer);
	for (;;) {
		size_t wanted = answer_length(buf_str(&peer->answer));
		char *room = buf_room(&peer->answer, 65536);
		ssize_t got;

		if (wanted > 0 && peer->answer.len >= wanted)
			return true;
		got = read(peer->socket, room, 65536);
		if (got <= 0)
			return false;
		buf_grew(&peer->answer, (size_t)got);
	}
}

/* Seconds spent waiting for the sandbox; making the requests is not counted. */
static double run(struct peer *peer, const char *path, unsigned records)
{
	int64_t spent = 0;

	for (unsigned first = 0; first < records; first += ROWS) {
		int64_t from;

		write_request(peer, path, first);
		from = clock_mono_ns();
		if (!send_all(peer) || !read_answer(peer))
			return -1;
		spent += clock_mono_ns() - from;
	}
	return (double)spent / 1e9;
}

static bool sign_in(struct peer *peer, struct arena *arena)
{
	static const char form[] = "grant_type=client_credentials&client_id=suture-client&client_secret=suture-secret";
	struct err err = ERR_INIT;
	struct json *json;
	ptrdiff_t body;

	buf_printf(&peer->request, "POST /services/oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
	           sizeof(form) - 1, form);
	if (!send_all(peer) || !read_answer(peer))
		return false;
	body = str_find(buf_str(&peer->answer), STR("\r\n\r\n"));
	if (json_parse(arena, arena_str(arena, str_skip(buf_str(&peer->answer), (size_t)body + 4)), &json, &err) < 0)
		return false;
	peer->token = json_get_text(json, "access_token");
	return peer->token.len > 0;
}

static bool connect_to(struct peer *peer, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer->socket = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(peer->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return connect(peer->socket, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static void report(const char *what, unsigned records, double seconds)
{
	printf("sandbox_%-8s %9.0f records/s\n", what, records / seconds);
}

int main(int argc, char **argv)
{
	static const char upsert[] = "/services/data/v62.0/composite/sobjects/Contact/Hint_Patient_Id__c";
	static char *none[] = { "bench", NULL };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct peer peer = { .request = BUF_INIT((size_t)8 << 20), .answer = BUF_INIT((size_t)8 << 20) };
	struct err err = ERR_INIT;
	struct options options;
	struct server *server;
	int64_t records = 100000;

	if (argc > 1 && (!str_to_i64(str_of(argv[1]), &records) || records < ROWS || records > 10000000))
		return 2;
	if (options_parse(1, none, &options, &err) < 0 ||
	    server_open(&salesforce_vendor, &options, 0, &server, &err) < 0)
		return 1;
	server_start(server);
	if (connect_to(&peer, server_port(server)) && sign_in(&peer, &arena)) {
		report("floor", (unsigned)records,
		       run(&peer, "/services/data/v62.0/composite/sobjects/Contact/None", (unsigned)records));
		report("insert", (unsigned)records, run(&peer, upsert, (unsigned)records));
		report("update", (unsigned)records, run(&peer, upsert, (unsigned)records));
	}
	close(peer.socket);
	server_free(&server);
	buf_release(&peer.request);
	buf_release(&peer.answer);
	return 0;
}
