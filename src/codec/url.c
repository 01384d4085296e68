#include "codec/url.h"

#include <string.h>

static bool is_unreserved(unsigned char c)
{
	static const char others[] = "-._~";

	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr(others, c) != NULL);
}

void url_encode(struct buf *out, struct str text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		const char coded[3] = { '%', hex[c >> 4], hex[c & 15] };

		if (is_unreserved(c))
			buf_add_char(out, (char)c);
		else
			buf_add_bytes(out, coded, sizeof(coded));
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of "%41" at the start of `text`, or -1. */
static int coded_byte(struct str text)
{
	int high, low;

	if (text.len < 3)
		return -1;
	high = hex_value(text.at[1]);
	low = hex_value(text.at[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool url_decode(struct arena *arena, struct str text, bool plus_is_blank, struct str *ret)
{
	char *decoded = arena_alloc_bytes(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		int byte = (unsigned char)text.at[i];

		if (byte == '%') {
			byte = coded_byte(str_skip(text, i));
			if (byte < 0)
				return false;
			i += 2;
		} else if (byte == '+' && plus_is_blank) {
			byte = ' ';
		}
		decoded[len++] = (char)byte;
	}
	decoded[len] = '\0';
	*ret = str_range(decoded, len);
	return true;
}

void url_add_query(struct buf *url, const char *name, struct str value)
{
	buf_add_char(url, str_find_char(buf_str(url), '?') < 0 ? '?' : '&');
	url_encode(url, str_of(name));
	buf_add_char(url, '=');
	url_encode(url, value);
}

/* Cuts the text at the first of `marks`: the part before is returned, *rest starts with the mark or is empty. */
static struct str cut_before(struct str *rest, const char *marks)
{
	size_t len = 0;
	struct str head;

	while (len < rest->len && (!rest->at[len] || !strchr(marks, rest->at[len])))
		len++;
	head = str_range(rest->at, len);
	*rest = str_skip(*rest, len);
	return head;
}

static bool is_port(struct str port)
{
	int64_t number;

	for (size_t i = 0; i < port.len; i++) {
		if (port.at[i] < '0' || port.at[i] > '9')
			return false;
	}
	return str_to_i64(port, &number) && number >= 1 && number <= 65535;
}

/* Letters, digits and few signs: whatever else stands there, somebody behind us may read as the end of the host. */
static bool is_host(struct str host, bool bracketed)
{
	for (size_t i = 0; i < host.len; i++) {
		if (bracketed ? hex_value(host.at[i]) < 0 && host.at[i] != ':' && host.at[i] != '.'
		              : !is_unreserved((unsigned char)host.at[i]))
			return false;
	}
	return host.len > 0;
}

/* "host", "host:8080", "[::1]:8080". A user name has no place in our URLs: secrets are kept elsewhere. */
static bool split_authority(struct str authority, struct url_parts *ret)
{
	bool bracketed = str_starts(authority, STR("["));

	if (str_find_char(authority, '@') >= 0)
		return false;
	if (bracketed)
		authority = str_skip(authority, 1);
	ret->host = cut_before(&authority, bracketed ? "]" : ":");
	if (bracketed) {
		if (authority.len == 0)
			return false;
		authority = str_skip(authority, 1);
	}
	if (authority.len > 0 && authority.at[0] != ':')
		return false;
	ret->port = str_skip(authority, 1);
	return is_host(ret->host, bracketed) && (authority.len == 0 || is_port(ret->port));
}

/* Printable ASCII only: anything else in a URL has to be percent-encoded, and a line break would forge headers. */
static bool is_clean(struct str url)
{
	for (size_t i = 0; i < url.len; i++) {
		if (url.at[i] <= ' ' || url.at[i] > '~')
			return false;
	}
	return true;
}

bool url_split(struct str url, struct url_parts *ret)
{
	static const struct str schemes[] = { { "https", 5 }, { "http", 4 } };
	struct url_parts parts = { 0 };
	struct str rest = url;

	parts.scheme = cut_before(&rest, ":");
	if (!is_clean(url) || !str_starts(rest, STR("://")))
		return false;
	if (!str_eq_nocase(parts.scheme, schemes[0]) && !str_eq_nocase(parts.scheme, schemes[1]))
		return false;
	rest = str_skip(rest, 3);
	if (!split_authority(cut_before(&rest, "/?#"), &parts))
		return false;
	parts.path = cut_before(&rest, "?#");
	if (str_starts(rest, STR("?"))) {
		rest = str_skip(rest, 1);
		parts.query = cut_before(&rest, "#");
	}
	*ret = parts;
	return true;
}
