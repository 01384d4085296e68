/*
 * web: opening, the table of routes, closing.
 *
 * There is one table, or two with an address for the house: the second one then holds what is for the house and the first one the rest. All
 * handlers get the struct web as their context, unless a route of `more` brings its own.
 */
#include "web/web_internal.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/limits.h"
#include "web/web_console.h"

/* To add a route of our own: a row here or in house_routes. The first row that fits is taken. */
static const struct http_route hook_routes[] = {
	{ "POST", "/hooks/{connection}/search", web_search },
	{ "POST", "/hooks/{connection}/{path*}", web_hook },
	{ "GET", "/hooks/{connection}/{path*}", web_hook_probe, .inline_ok = true },
};
static const struct http_route house_routes[] = {
	{ "GET", "/health", web_health, .inline_ok = true },
	{ "GET", "/ready", web_ready },
	{ "GET", "/metrics", web_metrics },
};
/* Last of all, behind `more`. */
static const struct http_route page_routes[] = {
	{ "GET", "/{path*}", web_console },
};
enum { OURS = ARRAY_LEN(hook_routes) + ARRAY_LEN(house_routes) + ARRAY_LEN(page_routes) };

static const char *copy(struct web *web, const char *text)
{
	return text ? arena_text(&web->arena, str_of(text)) : NULL;
}

static struct web *web_new(const struct web_options *options)
{
	struct arena arena = ARENA_INIT;
	struct web *web = arena_new(&arena, struct web);
	struct web_options *o = &web->options;

	web->arena = arena;
	*o = *options;
	o->version = copy(web, options->version ? options->version : "");
	o->address = copy(web, options->address);
	o->cert_file = copy(web, options->cert_file);
	o->key_file = copy(web, options->key_file);
	o->admin_address = copy(web, options->admin_address);
	o->hook_limit = options->hook_limit ? options->hook_limit : LIMIT_HOOK_BODY;
	web->started_ms = clock_wall_ms();
	return web;
}

static size_t add_routes(struct web *web, size_t count, const struct http_route *rows, size_t row_count)
{
	if (row_count)
		memcpy(&web->routes[count], rows, row_count * sizeof(*rows));
	return count + row_count;
}

static int open_main(struct web *web, struct err *err)
{
	enum { WORKERS = 4 }; /* nobody waits for the disk with a webhook; handlers of the console may take a while */
	const struct web_options *o = &web->options;
	const struct http_server_options options = { .address = o->address,
		                                     .port = o->port,
		                                     .workers = WORKERS,
		                                     .cert_file = o->cert_file,
		                                     .key_file = o->key_file,
		                                     .context = web };
	size_t count = 0;

	web->routes = arena_new_array(&web->arena, struct http_route, OURS + o->more_count);
	count = add_routes(web, count, hook_routes, ARRAY_LEN(hook_routes));
	for (size_t i = 0; i < count; i++)
		web->routes[i].body_limit = o->hook_limit;
	if (!o->admin_address)
		count = add_routes(web, count, house_routes, ARRAY_LEN(house_routes));
	count = add_routes(web, count, o->more, o->more_count);
	count = add_routes(web, count, page_routes, ARRAY_LEN(page_routes));
	return http_server_open(&options, web->routes, count, &web->server, err);
}

/* One worker: a slow scrape must not hold up another, and nobody else waits for it. */
static int open_admin(struct web *web, struct err *err)
{
	const struct http_server_options options = {
		.address = web->options.admin_address, .port = web->options.admin_port, .workers = 1, .context = web
	};

	if (!web->options.admin_address)
		return 0;
	return http_server_open(&options, house_routes, ARRAY_LEN(house_routes), &web->admin, err);
}

int web_open(const struct web_options *options, struct web **ret, struct err *err)
{
	struct web *web = web_new(options);

	if (open_main(web, err) < 0 || open_admin(web, err) < 0) {
		web_close(&web);
		return err_pass(err);
	}
	*ret = web;
	return 0;
}

void web_close(struct web **pweb)
{
	struct web *web = *pweb;
	struct arena arena;

	*pweb = NULL;
	if (!web)
		return;
	http_server_close(&web->server);
	http_server_close(&web->admin);
	arena = web->arena;
	arena_release(&arena);
}

int web_reload(struct web *web, struct err *err)
{
	return web->options.cert_file ? http_server_reload(web->server, err) : 0;
}

unsigned web_port(const struct web *web)
{
	return http_server_port(web->server);
}

unsigned web_admin_port(const struct web *web)
{
	return web->admin ? http_server_port(web->admin) : 0;
}
