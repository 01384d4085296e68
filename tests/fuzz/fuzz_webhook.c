/*
 * Deliveries: a line with the sender (hint, nikohealth, salesforce), a line "sign" or anything else, lines of headers until an empty one, then the body. Whoever
 * does not sign is refused; what is signed is taken apart into events with an id or a fault (R3); not one byte of it can be changed (R29).
 */
#include "far.h"
#include "fuzz.h"

#include "codec/digest.h"

#define NOW_MS  1795255200000
#define NOW_S   "1795255200"
#define HEADERS 12

struct posting {
	struct str sender;
	bool is_signed;
	struct http_header headers[HEADERS + 2];
	struct hook hook;
};

static const struct sender {
	const char *kind, *settings, *header, *secret;
} senders[] = {
	{ "hint", "{\"url\":\"" FAR_BASE "/api\",\"token\":\"T\",\"webhook_secret\":\"key\"}", "X-Hint-Signature",
	  "key" },
	{ "salesforce",
	  "{\"login_url\":\"" FAR_BASE "\",\"client_id\":\"a\",\"client_secret\":\"s\",\"hook_secret\":\"key\"}",
	  "X-Suture-Signature", "key" },
	{ "nikohealth",
	  "{\"domain\":\"x\",\"host\":\"" FAR_BASE
	  "\",\"client_id\":\"c\",\"client_secret\":\"s\",\"hook_secret\":\"key\"}",
	  NULL, "key" },
};

static const struct sender *sender_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(senders); i++)
		if (str_eq_c(name, senders[i].kind))
			return &senders[i];
	return &senders[0];
}

static struct str signature(struct arena *arena, const struct sender *sender, struct str body)
{
	SCOPED(buf) struct buf text = BUF_INIT(SIZE_MAX), out = BUF_INIT(200);
	struct digest digest;

	if (str_eq_c(str_of(sender->kind), "salesforce"))
		buf_add_c(&text, NOW_S ".");
	buf_add(&text, body);
	digest = digest_hmac_sha256(str_of(sender->secret), buf_str(&text));
	buf_add_c(&out, "sha256=");
	digest_hex(&out, str_range((const char *)digest.bytes, sizeof(digest.bytes)));
	return arena_str(arena, buf_str(&out));
}

static void read_delivery(struct arena *arena, struct str rest, const struct sender *sender, struct posting *ret)
{
	struct hook *hook = &ret->hook;

	ret->is_signed = str_eq_c(fuzz_line(&rest), "sign");
	if (ret->is_signed && !sender->header)
		hook->path = str_of(sender->secret);
	for (struct str line = fuzz_line(&rest); line.len > 0 && hook->header_count < HEADERS;
	     line = fuzz_line(&rest)) {
		struct str name = STR_EMPTY;

		(void)str_split(&line, ':', &name);
		/* The headers of the signature are ours alone. */
		if (sender->header &&
		    (str_eq_nocase(name, str_of(sender->header)) || str_eq_nocase(name, STR("X-Suture-Timestamp"))) &&
		    ret->is_signed)
			continue;
		ret->headers[hook->header_count++] = (struct http_header) { name, line };
	}
	if (ret->is_signed && sender->header) {
		ret->headers[hook->header_count++] = (struct http_header) { STR("X-Suture-Timestamp"), STR(NOW_S) };
		ret->headers[hook->header_count++] =
		        (struct http_header) { str_of(sender->header), signature(arena, sender, rest) };
	}
	hook->headers = ret->headers;
	hook->body = rest;
	hook->received_ms = NOW_MS;
}

static void law_events(const struct events *events, struct str body)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->at[i];

		law(e->kind <= EVENT_OTHER);
		law(e->record.bytes.len <= body.len);
		law(e->kind == EVENT_OTHER || e->record.fault || e->record.id.len > 0);
	}
}

/* The same signature over other bytes. */
static void refuses_changes(struct connection *c, struct arena *arena, const struct posting *d, struct str input)
{
	struct fuzz_dice dice = fuzz_dice_of(input);
	struct str longer = arena_printf(arena, "%*s", (int)d->hook.body.len + 1, "");
	size_t at = fuzz_below(&dice, d->hook.body.len + 1);
	struct hook changed = d->hook;
	struct err err = ERR_INIT;
	struct events events;
	char *bytes = (char *)(uintptr_t)longer.at;

	for (size_t i = 0; i < d->hook.body.len; i++)
		bytes[i] = d->hook.body.at[i];
	bytes[d->hook.body.len] = (char)fuzz_below(&dice, 256);
	changed.body = longer;
	if (at < d->hook.body.len) {
		bytes[at] = (char)(bytes[at] ^ (1 << fuzz_below(&dice, 8)));
		changed.body.len--;
	}
	law(c->kind->webhook(c, arena, &changed, &events, &err) == ERR_AUTH);
}

void fuzz_webhook(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str rest = input;
	const struct sender *sender = sender_of(fuzz_line(&rest));
	struct connection *c = far_connect(sender->kind, sender->settings);
	struct posting d = { 0 };
	struct events events = { 0 };
	struct err err = ERR_INIT;
	int code;

	read_delivery(&arena, rest, sender, &d);
	code = c->kind->webhook(c, &arena, &d.hook, &events, &err);
	law(code == 0 || code == ERR_AUTH);
	law(d.is_signed == (code == 0));
	if (code == 0)
		law_events(&events, d.hook.body);
	if (code == 0 && sender->header)
		refuses_changes(c, &arena, &d, input);
	c->kind->close(&c);
}
