/*
 * The head of a request, read strictly: RFC 9112 without what it merely tolerates. What two servers in a row could read
 * in two ways is refused (request smuggling), and so is what no honest client sends.
 *
 * head_find() looks for the empty line and for line ends that are none; head_parse() reads the request line, then each header, then
 * what the headers mean together (framing).
 */
#include "net/http_server_internal.h"
#include "lib/limits.h"

#include <string.h>

#define REFUSAL(name, code_number, code_text, text) \
	static const struct refusal name = { .status = (code_number), .code = (code_text), .message = (text) }

REFUSAL(bad_line_end, 400, "bad_request", "a line does not end in CR LF");
REFUSAL(bad_start, 400, "bad_request", "this is no HTTP request");
REFUSAL(bad_target, 400, "bad_request", "the target is no path");
REFUSAL(bad_version, 505, "bad_version", "HTTP/1.1 is spoken here");
REFUSAL(bad_header, 400, "bad_request", "a header is malformed");
REFUSAL(bad_host, 400, "bad_request", "exactly one Host is needed");
REFUSAL(bad_length, 400, "bad_request", "the Content-Length is doubled or no number");
REFUSAL(bad_framing, 400, "bad_request", "Content-Length and Transfer-Encoding exclude each other");
REFUSAL(bad_coding, 501, "bad_coding", "no transfer coding but chunked is known here");
REFUSAL(bad_expectation, 417, "bad_expectation", "only 100-continue can be expected");
REFUSAL(head_too_large, 431, "head_too_large", "the headers are too large");

static bool is_token_char(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_token_char((unsigned char)s.at[i]))
			return false;
	return s.len > 0;
}

static bool is_visible(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] > '~')
			return false;
	return s.len > 0;
}

/* Text with blanks and tabs, bytes over 127 for old clients; no other control character. */
static bool is_header_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if ((c < ' ' && c != '\t') || c == 127)
			return false;
	}
	return true;
}

const struct refusal *head_find(struct str bytes, size_t *scanned, size_t *ret_len)
{
	const char *lf;

	*ret_len = 0;
	if (bytes.len > 0 && !is_token_char((unsigned char)bytes.at[0]))
		return &bad_start;
	while ((lf = memchr(bytes.at + *scanned, '\n', bytes.len - *scanned))) {
		size_t at = (size_t)(lf - bytes.at);

		if (at == 0 || lf[-1] != '\r')
			return &bad_line_end;
		*scanned = at + 1;
		if (at >= 3 && lf[-2] == '\n') {
			*ret_len = at + 1;
			return at < LIMIT_HTTP_HEADERS ? NULL : &head_too_large;
		}
	}
	*scanned = bytes.len;
	return bytes.len < LIMIT_HTTP_HEADERS ? NULL : &head_too_large;
}

/* The next line without its CR LF; head_find has made sure of it. */
static struct str next_line(struct str *rest)
{
	struct str line = STR_EMPTY;

	ensure(str_split(rest, '\n', &line));
	ensure(line.len > 0);
	line.len--;
	return line;
}

static const struct refusal *parse_version(struct str version, struct head *ret)
{
	ret->keep = str_eq_c(version, "HTTP/1.1");
	if (ret->keep || str_eq_c(version, "HTTP/1.0"))
		return NULL;
	return str_starts(version, STR("HTTP/")) && version.len == 8 ? &bad_version : &bad_start;
}

static const struct refusal *parse_request_line(struct str line, struct head *ret)
{
	struct str target = STR_EMPTY;
	ptrdiff_t question;

	if (!str_split(&line, ' ', &ret->method) || !str_split(&line, ' ', &target) || !is_token(ret->method))
		return &bad_start;
	if (!is_visible(target) || target.at[0] != '/' || str_find_char(target, '#') >= 0)
		return &bad_target;
	question = str_find_char(target, '?');
	ret->path = str_range(target.at, question < 0 ? target.len : (size_t)question);
	if (question >= 0)
		ret->query = str_skip(target, (size_t)question + 1);
	return parse_version(line, ret);
}

static const struct refusal *parse_header(struct str line, struct http_header *ret)
{
	ptrdiff_t colon = str_find_char(line, ':');

	if (colon < 0)
		return &bad_header;
	ret->name = str_range(line.at, (size_t)colon);
	ret->value = str_trim(str_skip(line, (size_t)colon + 1));
	return is_token(ret->name) && is_header_value(str_skip(line, (size_t)colon + 1)) ? NULL : &bad_header;
}

static const struct refusal *parse_headers(struct arena *arena, struct str rest, struct head *ret)
{
	ret->headers = arena_new_array(arena, struct http_header, LIMIT_SERVER_HEADERS);
	for (;;) {
		struct str line = next_line(&rest);
		const struct refusal *wrong;

		if (line.len == 0)
			return NULL;
		if (ret->header_count == LIMIT_SERVER_HEADERS)
			return &head_too_large;
		wrong = parse_header(line, &ret->headers[ret->header_count++]);
		if (wrong)
			return wrong;
	}
}

/* What the headers mean for where the request ends and what becomes of the connection. */
struct framing {
	struct head *head;
	unsigned hosts, lengths, codings;
	bool old; /* HTTP/1.0 */
};

static const struct refusal *see_host(struct framing *f, struct str value)
{
	return ++f->hosts == 1 && is_visible(value) && str_find_char(value, '/') < 0 && str_find_char(value, '@') < 0
	               ? NULL
	               : &bad_host;
}

static const struct refusal *see_length(struct framing *f, struct str value)
{
	uint64_t length = 0;

	if (++f->lengths > 1 || value.len == 0 || value.len > 18)
		return &bad_length;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return &bad_length;
		length = length * 10 + (uint64_t)(value.at[i] - '0');
	}
	f->head->length = length;
	return NULL;
}

static const struct refusal *see_coding(struct framing *f, struct str value)
{
	if (f->old)
		return &bad_framing;
	f->head->chunked = true;
	return ++f->codings == 1 && str_eq_nocase(value, STR("chunked")) ? NULL : &bad_coding;
}

static const struct refusal *see_connection(struct framing *f, struct str value)
{
	struct str word = STR_EMPTY;

	while (str_split(&value, ',', &word))
		if (str_eq_nocase(str_trim(word), STR("close")))
			f->head->keep = false;
	return NULL;
}

static const struct refusal *see_expect(struct framing *f, struct str value)
{
	f->head->expects = true;
	return str_eq_nocase(value, STR("100-continue")) ? NULL : &bad_expectation;
}

static const struct {
	const char *name;
	const struct refusal *(*see)(struct framing *f, struct str value);
} seers[] = {
	{ "host", see_host },
	{ "content-length", see_length },
	{ "transfer-encoding", see_coding },
	{ "connection", see_connection },
	{ "expect", see_expect },
};

static const struct refusal *see(struct framing *f, const struct http_header *header)
{
	for (size_t i = 0; i < ARRAY_LEN(seers); i++)
		if (str_eq_nocase(header->name, str_of(seers[i].name)))
			return seers[i].see(f, header->value);
	return NULL;
}

static const struct refusal *judge_framing(struct head *head)
{
	struct framing f = { .head = head, .old = !head->keep };

	for (size_t i = 0; i < head->header_count; i++) {
		const struct refusal *wrong = see(&f, &head->headers[i]);

		if (wrong)
			return wrong;
	}
	if (f.hosts == 0 && !f.old)
		return &bad_host;
	return f.lengths > 0 && f.codings > 0 ? &bad_framing : NULL;
}

const struct refusal *head_parse(struct arena *arena, struct str text, struct head *ret)
{
	const struct refusal *wrong;
	struct str rest = text;

	*ret = (struct head) { 0 };
	wrong = parse_request_line(next_line(&rest), ret);
	if (!wrong)
		wrong = parse_headers(arena, rest, ret);
	if (!wrong)
		wrong = judge_framing(ret);
	return wrong;
}
