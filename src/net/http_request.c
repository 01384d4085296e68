/*
 * The copy of a request that the net thread works from, and what is refused before anything is sent: an address that is not
 * the target's, control characters in an address or a header, headers over the limit. Sentences name the host at most, never the
 * path or the query: those may hold names of people (R41).
 */
#include "net/http_internal.h"
#include "net/http_wall.h"

#include "lib/limits.h"

#include <string.h>

/* RFC 9110, 5.6.2: what a method and a header name are made of. */
static bool is_token(struct str text)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!letter && (c == '\0' || !strchr(others, c)))
			return false;
	}
	return text.len > 0;
}

bool http_header_is_safe(struct str name, struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return is_token(name);
}

static bool is_printable(struct str url)
{
	for (size_t i = 0; i < url.len; i++) {
		if (url.at[i] <= 0x20 || url.at[i] >= 0x7f)
			return false;
	}
	return true;
}

/* "https://host:port" of an address; empty when it is none or carries a user name. */
static struct str origin_of(struct str url)
{
	struct str scheme = str_range(url.at, MIN_OF(url.len, sizeof("https://") - 1));
	size_t start = str_eq_nocase(scheme, STR("https://")) ? 8 : 7;
	size_t end = start;

	if (start == 7 && !str_eq_nocase(str_range(url.at, MIN_OF(url.len, start)), STR("http://")))
		return STR_EMPTY;
	while (end < url.len && !strchr("/?#\\", url.at[end])) {
		if (url.at[end] == '@')
			return STR_EMPTY;
		end++;
	}
	return end > start ? str_range(url.at, end) : STR_EMPTY;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *of_a = NULL, *of_b = NULL;
	bool same = curl_url_get(a, part, &of_a, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	            curl_url_get(b, part, &of_b, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	            str_eq_nocase(str_of(of_a), str_of(of_b));

	curl_free(of_a);
	curl_free(of_b);
	return same;
}

/* The long way, for "https://host" against "https://host:443": both read by libcurl itself. */
static bool same_origin(const char *url, const char *base)
{
	CURLU *a = curl_url(), *b = curl_url();
	bool same = a && b && curl_url_set(a, CURLUPART_URL, url, 0) == CURLUE_OK &&
	            curl_url_set(b, CURLUPART_URL, base, 0) == CURLUE_OK && same_part(a, b, CURLUPART_SCHEME) &&
	            same_part(a, b, CURLUPART_HOST) && same_part(a, b, CURLUPART_PORT);

	curl_url_cleanup(a);
	curl_url_cleanup(b);
	return same;
}

static int resolve(struct http_future *f, struct str base, struct str url, struct err *err)
{
	struct str origin = origin_of(base);
	struct str own;

	if (origin.len == 0 || !is_printable(origin))
		return err_set(err, ERR_CONFIG,
		               "the system's address must begin with https:// or http:// and a host, without a user "
		               "name: check its base URL");
	f->host = arena_str(&f->memory, str_skip(origin, (size_t)str_find(origin, STR("://")) + 3));
	if (f->client->allowed.len && !http_wall_lists(f->client->allowed, f->host))
		return err_set(
		        err, ERR_CONFIG,
		        "%s: nothing was sent: this host is not among those that SUTURE_HOSTS allows; whoever runs "
		        "Suture on this machine can add it there",
		        f->host.at);
	if (!is_printable(url))
		return err_set(err, ERR_CONFIG,
		               "%s: the address of a request holds a character that must be percent-encoded",
		               f->host.at);
	if (url.len > 0 && url.at[0] == '/') {
		f->url = arena_printf(&f->memory, "%.*s%.*s", STR_ARG(origin), STR_ARG(url)).at;
		return 0;
	}
	f->url = arena_text(&f->memory, url);
	own = origin_of(url);
	if (own.len > 0 && (str_eq_nocase(own, origin) || same_origin(f->url, arena_text(&f->memory, origin))))
		return 0;
	return err_set(err, ERR_CONFIG,
	               "%s: refused to send a request to another host: check the base URL and the links this system "
	               "answers with",
	               f->host.at);
}

static int copy_header(struct http_future *f, const struct http_header *header, size_t *total, struct err *err)
{
	struct str value = str_trim(header->value);

	if (!http_header_is_safe(header->name, value))
		return err_set(err, ERR_CONFIG,
		               "%s: a request header holds a control character: check the connection's settings",
		               f->host.at);
	*total += header->name.len + value.len + 4;
	if (*total > LIMIT_HTTP_HEADERS)
		return err_set(err, ERR_MEMORY_LIMIT, "%s: the request's headers are over %zu bytes", f->host.at,
		               LIMIT_HTTP_HEADERS);
	/* libcurl's spelling: "Name;" sends an empty header, "Name:" would send none. */
	f->headers[f->header_count++] =
	        arena_printf(&f->memory, value.len ? "%.*s: %.*s" : "%.*s;%.*s", STR_ARG(header->name), STR_ARG(value))
	                .at;
	f->has_content_type |= str_eq_nocase(header->name, STR("Content-Type"));
	return 0;
}

static enum http_use use_of(const struct http_request *request)
{
	if (request->use != HTTP_USE_METHOD)
		return request->use;
	return str_eq_c(STR("GET"), request->method) || str_eq_c(STR("HEAD"), request->method) ? HTTP_USE_READ
	                                                                                       : HTTP_USE_WRITE;
}

int http_request_copy(struct http_future *f, const struct http_request *request, struct err *err)
{
	size_t total = 0;
	int rc;

	f->method = arena_text(&f->memory, str_of(request->method));
	f->use = use_of(request);
	f->body = arena_str(&f->memory, request->body);
	f->headers = arena_new_array(&f->memory, const char *, request->header_count);
	f->host = STR("(no host)");
	rc = resolve(f, request->target->base, request->url, err);
	if (rc < 0)
		return rc;
	if (!is_token(str_of(request->method)))
		return err_set(err, ERR_CONFIG, "%s: the request's method is no word", f->host.at);
	for (size_t i = 0; i < request->header_count && rc == 0; i++)
		rc = copy_header(f, &request->headers[i], &total, err);
	return rc;
}
