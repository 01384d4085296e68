/* URLs: parts stand inside the text and in order; what is encoded is decoded again as the same. */
#include "fuzz.h"

#include "codec/url.h"
#include "codec/utf8.h"

static void inside(struct str part, struct str text)
{
	law(part.len == 0 || (part.at >= text.at && part.at + part.len <= text.at + text.len));
}

static void splits(struct str text)
{
	struct url_parts parts;

	if (!url_split(text, &parts))
		return;
	law(str_eq_nocase(parts.scheme, STR("http")) || str_eq_nocase(parts.scheme, STR("https")));
	law(parts.host.len > 0);
	law(parts.path.len == 0 || parts.path.at[0] == '/');
	inside(parts.host, text);
	inside(parts.port, text);
	inside(parts.path, text);
	inside(parts.query, text);
	/* Nobody else's name can stand where the host is looked for. */
	law(str_find_char(parts.host, '@') < 0 && str_find_char(parts.host, '/') < 0 &&
	    str_find_char(parts.host, '?') < 0 && str_find_char(parts.host, '#') < 0 &&
	    str_find_char(parts.host, '\\') < 0);
	for (size_t i = 0; i < parts.port.len; i++)
		law(parts.port.at[i] >= '0' && parts.port.at[i] <= '9');
}

static void round_trip(struct str text)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(SIZE_MAX), url = BUF_INIT(SIZE_MAX);
	struct str back;

	url_encode(&out, text);
	law(url_decode(&arena, buf_str(&out), false, &back) && str_eq(back, text));
	law(url_decode(&arena, buf_str(&out), true, &back) && str_eq(back, text));
	if (url_decode(&arena, text, false, &back))
		law(back.len <= text.len);
	buf_add_c(&url, "https://emr.example/list");
	url_add_query(&url, "a", text);
	url_add_query(&url, "b", STR("1"));
	law(buf_ok(&url) && str_ends(buf_str(&url), STR("&b=1")));
}

void fuzz_url(struct str input)
{
	splits(input);
	round_trip(input);
	(void)utf8_valid(input);
}
