/*
 * Lies: a far side that signs us in honestly and then answers whatever it likes, against each connector and the real HTTP client. Whatever it says, the connector comes to an end
 * with few requests, takes nothing for delivered, holds no record for a good one, sends nothing to anybody else, and shows neither our keys nor its words (R3, R5, R41).
 *
 * To add a lie: why it is told, and its bytes; "%" in it is the address of a thief.
 */
#include "unit.h"

#include "../net/peer.h"
#include "lib/limits.h"
#include "lib/str.h"

#include <string.h>

#define OK        "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define JSON_TYPE OK "Content-Type: application/json\r\n\r\n"
#define MOVED(status, to) \
	"HTTP/1.1 " status " Moved\r\nLocation: " to "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#define LATER(status, when) \
	"HTTP/1.1 " status " Later\r\nRetry-After: " when "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

enum { most_requests = 12 };

struct lie {
	const char *why, *bytes;
	size_t len, repeat; /* so often the last byte */
	bool page;          /* it may stand for a page, of records that are none */
};

#define LIE(why_text, text)                                                 \
	{                                                                   \
		.why = (why_text), .bytes = (text), .len = sizeof(text) - 1 \
	}
#define PAGE(why_text, text)                                                              \
	{                                                                                 \
		.why = (why_text), .bytes = (text), .len = sizeof(text) - 1, .page = true \
	}

static const struct lie lies[] = {
	LIE("a web page", OK "Content-Type: text/html\r\n\r\n<html><p>Sign in, Lovelace</html>"),
	LIE("a web page that calls itself JSON", JSON_TYPE "\r\n <!DOCTYPE html><p>Lovelace"),
	LIE("a sentence", JSON_TYPE "Lovelace is not here"),
	LIE("a picture", OK "Content-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
	LIE("nothing", OK "Content-Length: 0\r\n\r\n"),
	LIE("blanks", JSON_TYPE "   \r\n\r\n  "),
	LIE("null", JSON_TYPE "null"),
	LIE("a truth", JSON_TYPE "true"),
	LIE("a number", JSON_TYPE "7"),
	LIE("a text", JSON_TYPE "\"Lovelace\""),
	LIE("an object of another kind", JSON_TYPE "{\"message\":\"hello Lovelace\"}"),
	PAGE("a list of no records", JSON_TYPE "[null,true,7,\"Lovelace\",[],{}]"),
	PAGE("rows that are no records",
	     JSON_TYPE "{\"done\":true,\"totalSize\":-3,\"records\":[null,7,\"Lovelace\",[]],"
	               "\"Items\":[null,7,\"Lovelace\",[]],\"Count\":-3}"),
	PAGE("numbers beyond all",
	     JSON_TYPE "{\"done\":true,\"totalSize\":1e999999,\"records\":[],\"Items\":[],\"Count\":"
	               "99999999999999999999999999}"),
	PAGE("a page cut short", JSON_TYPE "[{\"id\":\"pat-1\",\"first_name\":\"Lovela"),
	PAGE("an object cut short",
	     JSON_TYPE "{\"done\":true,\"records\":[{\"Id\":\"003xx000000000AAAQ\",\"LastName\":\"Lo"),
	{ "brackets without end", JSON_TYPE "[", sizeof(JSON_TYPE "[") - 1, 1 << 20, .page = true },
	{ "objects without end", JSON_TYPE "{\"records\":[", sizeof(JSON_TYPE "{\"records\":[") - 1, 1 << 20,
	  .page = true },
	LIE("NUL in a text", JSON_TYPE "{\"id\":\"a\0b Lovelace\"}"),
	LIE("bytes that are no UTF-8", JSON_TYPE "{\"id\":\"\xc3\x28 Lovelace\"}"),
	LIE("gzip that is none", OK "Content-Encoding: gzip\r\n\r\nLovelace was never packed"),
	LIE("gzip cut short", OK "Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\x48"),
	LIE("an encoding that nobody knows", OK "Content-Encoding: lovelace\r\n\r\n[]"),
	{ "headers without end", OK "X-Lovelace: a", sizeof(OK "X-Lovelace: a") - 1, 64 << 10 },
	LIE("less than was said", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[{\"first_name\":\"Lovelace\""),
	LIE("chunks that are none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nLovelace\r\n"),
	LIE("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 900\r\n\r\n{}"),
	LIE("another protocol", "220 mail.example ESMTP Lovelace\r\n"),
	LIE("no answer at all", ""),
	LIE("301 to a thief", MOVED("301", "%/x")),
	LIE("302 to a thief", MOVED("302", "%/x")),
	LIE("303 to a thief", MOVED("303", "%/x")),
	LIE("307 to a thief", MOVED("307", "%/x")),
	LIE("308 to a thief", MOVED("308", "%/x")),
	LIE("a circle", MOVED("302", "/")),
	LIE("a way to a file", MOVED("302", "file:///etc/passwd")),
	LIE("300 without a way", MOVED("300", "")),
	LIE("304 to who has nothing", MOVED("304", "%/x")),
	LIE("a pause without end", LATER("429", "99999999999999999999")),
	LIE("a pause of a thousand years", LATER("429", "31556952000")),
	LIE("a pause until the year 9999", LATER("429", "Fri, 31 Dec 9999 23:59:59 GMT")),
	LIE("a pause that is over", LATER("429", "-5")),
	LIE("a pause that is no time", LATER("429", "Lovelace")),
	LIE("503 for a thousand years", LATER("503", "31556952000")),
};

/* ---- the far side ---- */

struct world {
	struct peer *liar, *thief;
	struct http_client *http;
	struct arena arena;
	const struct lie *lie;
	bool believed;
};

static void sign_in(struct peer_call *call)
{
	ARENA;
	struct str base = peer_base(call->peer);

	peer_answer(
	        call, 200, "Content-Type: application/json\r\n",
	        arena_printf(&arena,
	                     "{\"access_token\":\"T1\",\"instance_url\":\"%.*s\",\"id\":\"%.*s/id/00Dxx0000001gPLEAY/"
	                     "005xx000001SwiUAAS\",\"token_type\":\"Bearer\",\"expires_in\":3600}",
	                     STR_ARG(base), STR_ARG(base)));
}

/* Each "%" becomes the peer's address. */
static void put_with_base(struct buf *out, struct str text, const struct peer *peer)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '%')
			buf_add(out, peer_base(peer));
		else
			buf_add_char(out, text.at[i]);
	}
}

static void lie_to(struct peer_call *call, void *context)
{
	SCOPED(buf) struct buf out = BUF_INIT((size_t)4 << 20);
	struct world *w = context;

	if (str_find(call->path, STR("/token")) >= 0) {
		sign_in(call);
		return;
	}
	put_with_base(&out, str_range(w->lie->bytes, w->lie->len), w->thief);
	for (size_t i = 0; i < w->lie->repeat; i++)
		buf_add_char(&out, w->lie->bytes[w->lie->len - 1]);
	peer_send(call, buf_str(&out));
	peer_drop(call);
}

static void steal(struct peer_call *call, void *context UNUSED)
{
	peer_answer(call, 200, "Content-Type: application/json\r\n", STR("{}"));
}

static struct connection *world_open(struct world *w, const struct lie *lie, const char *kind, const char *settings)
{
	SCOPED(buf) struct buf text = BUF_INIT(4096);
	const struct connector *found = connector_find(str_of(kind));
	struct connection *c = NULL;
	struct err err = ERR_INIT;
	struct json *json;

	*w = (struct world) { .lie = lie };
	assert_ok(http_client_open(&w->http, &err));
	w->thief = peer_open(steal, NULL);
	w->liar = peer_open(lie_to, w);
	put_with_base(&text, str_of(settings), w->liar);
	assert_ok(json_parse(&w->arena, arena_str(&w->arena, buf_str(&text)), &json, &err));
	assert_ok(found->open(found, json, w->http, &c, &err));
	return c;
}

static void world_close(struct world *w, struct connection *c)
{
	c->kind->close(&c);
	http_client_close(&w->http);
	peer_close(&w->liar);
	peer_close(&w->thief);
	arena_release(&w->arena);
}

/* ---- what is asked; 0 says that the lie was believed as far as it may be ---- */

struct asked {
	struct world *w;
	struct connection *c;
	struct str object;
	bool names;
	struct err err;
};

/* All that are believed are shown, not the first only. */
static void believed(struct asked *a, const char *what)
{
	a->w->believed = true;
	print_error("%s, %s: %s\n", a->c->kind->name, a->w->lie->why, what);
}

static void no_good_record(struct asked *a, const struct page *page)
{
	for (size_t i = 0; i < page->count; i++)
		if (!page->records[i].fault && !page->records[i].deleted)
			believed(a, "a record came of it");
}

static bool is_container(const struct lie *lie)
{
	struct str bytes = str_range(lie->bytes, lie->len);

	return str_starts(bytes, STR(JSON_TYPE "{")) || str_starts(bytes, STR(JSON_TYPE "["));
}

static int ask_check(struct asked *a)
{
	struct str who = STR_EMPTY;
	int code = a->c->kind->check(a->c, &a->w->arena, &who, &a->err);

	/* A system that nothing names is checked by the kind of its answer alone. */
	if (code == 0 && (a->names || !is_container(a->w->lie)))
		believed(a, "the check found nothing");
	return code;
}

static int ask_list(struct asked *a)
{
	const struct list_request request = { .object = a->object };
	struct call *call = a->c->kind->list_start(a->c, &request);
	struct page page = { 0 };
	int code = a->c->kind->list_finish(&call, &a->w->arena, &page, &a->err);

	if (code == 0 && !a->w->lie->page)
		believed(a, "taken for a page");
	no_good_record(a, &page);
	return code;
}

static int ask_fetch(struct asked *a)
{
	static const struct str ids[] = { { "003xx000000000AAAQ", 18 } };
	const struct fetch_request request = { .object = a->object, .ids = ids, .id_count = 1 };
	struct call *call = a->c->kind->fetch_start(a->c, &request);
	struct page page = { 0 };
	int code = a->c->kind->fetch_finish(&call, &a->w->arena, &page, &a->err);

	no_good_record(a, &page);
	return code;
}

static int ask_write(struct asked *a, enum write_op op)
{
	struct json *fields = json_new(&a->w->arena, JSON_OBJECT);
	struct write_item item = { .op = op, .fields = fields, .current = STR("{\"id\":\"1\",\"FirstName\":\"B\"}") };
	const struct write_request request = { .object = a->object, .items = &item, .item_count = 1 };
	struct write_result result = { .outcome = UNKNOWN };
	struct call *call;
	int code;

	json_add(fields, STR("FirstName"), json_new_text(&a->w->arena, STR("A")));
	if (op == WRITE_UPSERT) {
		item.key_field = STR("Key__c");
		item.key = STR("k-1");
	} else if (op != WRITE_CREATE) {
		item.id = STR("003xx000000000AAAQ");
	}
	call = a->c->kind->write_start(a->c, &request);
	code = a->c->kind->write_finish(&call, &a->w->arena, &result, &a->err);
	if (code == 0 && result.outcome == DELIVERED)
		believed(a, "taken for delivered");
	assert_in_range(result.retry_after_ms, 0, LIMIT_RETRY_RECORD_S * 1000);
	return code;
}

static int ask_create(struct asked *a)
{
	return ask_write(a, WRITE_CREATE);
}

static int ask_update(struct asked *a)
{
	return ask_write(a, WRITE_UPDATE);
}

static int ask_upsert(struct asked *a)
{
	return ask_write(a, WRITE_UPSERT);
}

static int (*const questions[])(struct asked *a) = {
	ask_check, ask_list, ask_fetch, ask_create, ask_update, ask_upsert
};

/* Our secrets are KEY, secret and T1; the liar's words all name Lovelace. */
static void tells_nothing(struct asked *a)
{
	static const char *const words[] = { "KEY", "secret", "T1", "Lovelace" };

	if (a->err.code == 0)
		return;
	assert_int_not_equal(a->err.code, ERR_BUG);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(a->err.text, words[i]))
			believed(a, a->err.text);
}

struct kind {
	const char *name, *settings, *object;
	bool names; /* its check says who we are there */
};

/* How many questions were answered as the liar likes. */
static unsigned ask_all(const struct kind *kind, const struct lie *lie)
{
	unsigned count = 0;

	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		struct world w;
		struct asked a = { .w = &w, .object = str_of(kind->object), .names = kind->names };

		a.c = world_open(&w, lie, kind->name, kind->settings);
		(void)questions[i](&a);
		tells_nothing(&a);
		if (peer_count(w.thief) > 0)
			believed(&a, "somebody else was asked");
		if (peer_count(w.liar) > most_requests)
			believed(&a, "asked without end");
		count += w.believed;
		world_close(&w, a.c);
	}
	return count;
}

static void believes_no_lie(const struct kind *kind)
{
	unsigned count = 0;

	for (size_t i = 0; i < ARRAY_LEN(lies); i++)
		count += ask_all(kind, &lies[i]);
	assert_int_equal(count, 0);
}

#define QUICK "\"backoff_ms\":1,\"attempts\":2"

static void hint_believes_no_lie(void **state UNUSED)
{
	believes_no_lie(&(struct kind) { .name = "hint",
	                                 .settings = "{\"url\":\"%/api\",\"token\":\"KEY\",\"pace\":0," QUICK "}",
	                                 .object = "patient",
	                                 .names = true });
}

static void nikohealth_believes_no_lie(void **state UNUSED)
{
	believes_no_lie(&(struct kind) { .name = "nikohealth",
	                                 .settings = "{\"domain\":\"x\",\"host\":\"%\",\"client_id\":\"c\","
	                                             "\"client_secret\":\"secret\",\"pace\":0," QUICK "}",
	                                 .object = "patient" });
}

static void salesforce_believes_no_lie(void **state UNUSED)
{
	believes_no_lie(&(struct kind) { .name = "salesforce",
	                                 .settings = "{\"login_url\":\"%\",\"client_id\":\"app\","
	                                             "\"client_secret\":\"secret\"," QUICK "}",
	                                 .object = "Contact",
	                                 .names = true });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hint_believes_no_lie),
		cmocka_unit_test(nikohealth_believes_no_lie),
		cmocka_unit_test(salesforce_believes_no_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
