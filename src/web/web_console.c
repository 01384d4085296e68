/*
 * web_console: which file a path means, then the answer: not changed, gzip bytes as they are stored, or made plain for who does not
 * take gzip.
 */
#include "web/web_console.h"

#include "codec/gunzip.h"

/* No script and no style but our files; nothing may put us in a frame. Decided before the first page was written, so that none needs more. */
static const struct {
	const char *name, *value;
} page_headers[] = {
	{ "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
	                             "font-src 'self'; connect-src 'self'; "
	                             "base-uri 'none'; form-action 'self'; frame-ancestors 'none'" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "X-Frame-Options", "DENY" },
};

static const char *const not_ours[] = { "/api", "/hooks", "/health", "/ready", "/metrics", "/assets" };

static const char how_to_build[] =
        "<!doctype html><html lang=\"en\"><title>Suture</title><h1>The console is not built into this program</h1>"
        "<p>The daemon works; only its pages are missing. Where the source is, with npm installed, run <code>./run "
        "build</code> and start "
        "the program from build/src/app/suture. What the console does, <code>suture help</code> lists as commands."
        "</html>\n";

static const struct console_file *find(struct str path)
{
	for (size_t i = 0; i < console_file_count; i++) {
		if (str_eq_c(path, console_files[i].path))
			return &console_files[i];
	}
	return NULL;
}

/* "/api" itself and what is below it. */
static bool is_below(struct str path, const char *top)
{
	struct str rest = str_of(top);

	return str_starts(path, rest) && (path.len == rest.len || path.at[rest.len] == '/');
}

static bool is_ours(struct str path)
{
	for (size_t i = 0; i < ARRAY_LEN(not_ours); i++) {
		if (is_below(path, not_ours[i]))
			return false;
	}
	return true;
}

/* "gzip;q=0" is a refusal. Any other weight is as good as none to us. */
static bool takes_gzip(const struct http_asked *asked)
{
	struct str rest = http_asked_header(asked, "Accept-Encoding"), part, coding;

	while (str_split(&rest, ',', &part)) {
		struct str weight = part;

		if (!str_split(&weight, ';', &coding) || !str_eq_nocase(str_trim(coding), STR("gzip")))
			continue;
		weight = str_trim(weight);
		return !str_eq_c(weight, "q=0") && !str_starts(weight, STR("q=0.0"));
	}
	return false;
}

static bool is_known(const struct http_asked *asked, const struct console_file *file)
{
	struct str tags = http_asked_header(asked, "If-None-Match");

	return str_find(tags, str_of(file->tag)) >= 0 || str_eq_c(str_trim(tags), "*");
}

static void add_headers(const struct console_file *file, struct arena *arena, struct http_reply *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(page_headers); i++)
		http_reply_header(ret, arena, page_headers[i].name, str_of(page_headers[i].value));
	if (!file)
		return;
	http_reply_header(ret, arena, "ETag", str_of(file->tag));
	http_reply_header(ret, arena, "Vary", STR("Accept-Encoding"));
	if (file->hashed)
		http_reply_header(ret, arena, "Cache-Control", STR("public, max-age=31536000, immutable"));
	else if (!str_eq_c(STR("/index.html"), file->path))
		http_reply_header(ret, arena, "Cache-Control", STR("no-cache"));
}

static void send_file(const struct console_file *file, const struct http_asked *asked, struct arena *arena,
                      struct http_reply *ret)
{
	struct err err = ERR_INIT;

	ret->status = 200;
	ret->content_type = file->type;
	ret->body = str_range(file->bytes, file->len);
	if (!file->gzip)
		return;
	if (takes_gzip(asked))
		http_reply_header(ret, arena, "Content-Encoding", STR("gzip"));
	else if (gunzip(arena, ret->body, file->plain_len, &ret->body, &err) < 0)
		http_reply_error(ret, arena, 500, "damaged", "this file of the console is damaged", NULL);
}

void web_console(void *context UNUSED, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	const struct console_file *file = find(asked->path);

	if (!file && !is_ours(asked->path)) {
		http_reply_error(ret, arena, 404, "not_found", "there is nothing here", NULL);
		return;
	}
	if (!file)
		file = find(STR("/index.html"));
	add_headers(file, arena, ret);
	if (!file) {
		ret->status = 503;
		ret->content_type = "text/html; charset=utf-8";
		ret->body = str_of(how_to_build);
	} else if (is_known(asked, file)) {
		ret->status = 304;
	} else {
		send_file(file, asked, arena, ret);
	}
}
