/*
 * A body on its way in, with a length that was said before or in chunks. Bytes are moved from buffer to buffer, not copied, and
 * counted against the limit before they are taken.
 *
 * Chunks go round: SIZE -> DATA -> END -> SIZE ..., and a size of 0 leads to the trailers, which are read and forgotten.
 */
#include "net/http_server_internal.h"
#include "lib/limits.h"

#include <string.h>

static const struct refusal bad_chunk = { 400, "bad_request", "the chunks of the body are malformed" };
static const struct refusal too_large = { 413, "too_large", "the body is larger than accepted here" };

enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END, CHUNK_TRAILER };

void body_begin(struct body_reader *b, struct evbuffer *to, const struct head *head, size_t limit)
{
	*b = (struct body_reader) { .to = to, .limit = limit, .chunked = head->chunked, .left = head->length };
	b->done = !head->chunked && head->length == 0;
}

/* Moves up to b->left bytes. */
static void move(struct body_reader *b, struct evbuffer *from)
{
	size_t n = evbuffer_get_length(from);

	n = n < b->left ? n : (size_t)b->left;
	evbuffer_remove_buffer(from, b->to, n);
	b->left -= n;
}

/* Takes one line with its CR LF. False: it is not there yet, or too long, or has odd characters; *ret_wrong tells. */
static bool take_line(struct evbuffer *from, char *line, struct str *ret, bool *ret_wrong)
{
	struct evbuffer_ptr end = evbuffer_search_eol(from, NULL, NULL, EVBUFFER_EOL_CRLF_STRICT);

	*ret_wrong = end.pos < 0 ? evbuffer_get_length(from) > LIMIT_SERVER_CHUNK_LINE
	                         : (size_t)end.pos > LIMIT_SERVER_CHUNK_LINE;
	if (end.pos < 0 || *ret_wrong)
		return false;
	evbuffer_remove(from, line, (size_t)end.pos);
	evbuffer_drain(from, 2);
	*ret = str_range(line, (size_t)end.pos);
	for (size_t i = 0; i < ret->len; i++)
		*ret_wrong |= (line[i] >= 0 && line[i] < ' ' && line[i] != '\t') || line[i] == 127;
	return !*ret_wrong;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* "1f" or "1f;extension". */
static bool parse_size(struct str line, uint64_t *ret)
{
	size_t i = 0;

	*ret = 0;
	for (; i < line.len && hex_digit(line.at[i]) >= 0; i++) {
		if (i == 8)
			return false;
		*ret = *ret << 4 | (uint64_t)hex_digit(line.at[i]);
	}
	return i > 0 && (i == line.len || line.at[i] == ';');
}

static const struct refusal *on_size(struct body_reader *b, struct str line)
{
	if (!parse_size(line, &b->left))
		return &bad_chunk;
	if (b->left > b->limit || evbuffer_get_length(b->to) > b->limit - b->left)
		return &too_large;
	b->place = b->left == 0 ? CHUNK_TRAILER : CHUNK_DATA;
	return NULL;
}

static const struct refusal *on_end(struct body_reader *b, struct str line)
{
	b->place = CHUNK_SIZE;
	return line.len == 0 ? NULL : &bad_chunk;
}

static const struct refusal *on_trailer(struct body_reader *b, struct str line)
{
	b->trailer += line.len + 2;
	b->done = line.len == 0;
	return b->trailer <= LIMIT_SERVER_TRAILERS ? NULL : &bad_chunk;
}

static const struct refusal *(*const on_line[])(struct body_reader *b, struct str line) = {
	[CHUNK_SIZE] = on_size,
	[CHUNK_END] = on_end,
	[CHUNK_TRAILER] = on_trailer,
};

static const struct refusal *take_chunks(struct body_reader *b, struct evbuffer *from)
{
	char line[LIMIT_SERVER_CHUNK_LINE];
	struct str text;
	bool bad = false;

	while (!b->done && evbuffer_get_length(from) > 0) {
		const struct refusal *wrong = NULL;

		if (b->place == CHUNK_DATA) {
			move(b, from);
			b->place = b->left == 0 ? CHUNK_END : CHUNK_DATA;
		} else if (take_line(from, line, &text, &bad)) {
			wrong = on_line[b->place](b, text);
		} else {
			return bad ? &bad_chunk : NULL;
		}
		if (wrong)
			return wrong;
	}
	return NULL;
}

const struct refusal *body_take(struct body_reader *b, struct evbuffer *from)
{
	if (b->chunked)
		return take_chunks(b, from);
	if (b->left > b->limit)
		return &too_large;
	move(b, from);
	b->done = b->left == 0;
	return NULL;
}
