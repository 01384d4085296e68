/* serve, webhooks: the daemon, and how far systems learn where it listens. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/out.h"
#include "sync/audit.h"
#include "sync/catalog.h"

int cmd_serve(struct cli_args *args, struct err *err)
{
	const struct serve_options options = {
		.version = args->host->version,
		.listen = cli_value(args, "listen"),
		.admin = cli_value(args, "admin"),
		.tls_cert = cli_value(args, "tls-cert"),
		.tls_key = cli_value(args, "tls-key"),
		.public_url = cli_value(args, "public-url"),
		.no_stream = cli_has(args, "no-stream"),
		.json_log = cli_has(args, "json-log"),
		.json = args->json,
	};

	return args->host->serve(args->engine, &options, err);
}

/* ---- webhooks ---- */

struct wanted {
	struct str connection; /* empty: all */
	struct str url;        /* base, without slashes at the end; empty: not given */
};

/* The secret that a kind checks its events with: the option that has "hook" in its name. NULL: it has none. */
static const struct option *secret_option(const struct connector *kind)
{
	for (const struct option *o = kind->options; o && o->name; o++) {
		if (o->secret && strstr(o->name, "hook"))
			return o;
	}
	return NULL;
}

static struct str address(const struct cli_args *args, const struct wanted *wanted, struct str connection)
{
	return catalog_hook_url(args->arena, wanted->url.len ? wanted->url : STR("https://YOUR.ADDRESS"), connection);
}

static int list(struct cli_args *args, const struct wanted *wanted, struct err *err)
{
	static const struct out_column columns[] = { { "connection", OUT_ID },   { "address", OUT_WHOLE },
		                                     { "told", OUT_TEXT },       { "secret_setting", OUT_TEXT },
		                                     { "secret_is", OUT_WHOLE }, { 0 } };
	struct connection_row *rows;
	struct out out;
	size_t count;

	if (catalog_connections(args->engine, args->arena, &rows, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "no connection takes webhooks");
	for (size_t i = 0; i < count; i++) {
		const struct connector *kind = connector_find(rows[i].kind);
		const struct option *secret = kind ? secret_option(kind) : NULL;

		if (!kind || !kind->webhook || (wanted->connection.len && !str_eq(wanted->connection, rows[i].name)))
			continue;
		const struct str cells[] = { rows[i].name, address(args, wanted, rows[i].name),
			                     kind->hook_register ? STR("by register") : STR("by hand"),
			                     str_of(secret ? secret->name : NULL),
			                     str_of(secret ? secret->help : NULL) };

		out_row(&out, cells);
	}
	out_end(&out);
	out_hint(
	        args,
	        "\nby register: `suture webhooks CONNECTION register --url URL`. by hand: paste the address where that "
	        "system asks for one, and the same secret there and into the connection's settings.");
	return EXIT_DONE;
}

/* What there is to do where a system cannot be told by us. */
static int by_hand(const struct cli_args *args, const struct wanted *wanted, const struct connector *kind,
                   struct err *err)
{
	const struct option *secret = secret_option(kind);

	return err_set(err, ERR_UNSUPPORTED, "%s has no way to be told; paste %.*s there by hand%s%s", kind->title,
	               STR_ARG(address(args, wanted, wanted->connection)),
	               secret ? ", and give both sides the same secret: setting " : "", secret ? secret->name : "");
}

static int print_done(const struct cli_args *args, const struct wanted *wanted, bool registered,
                      const struct json *kept)
{
	struct json *result = json_new(args->arena, JSON_OBJECT), *names = json_new(args->arena, JSON_ARRAY);

	JSON_EACH (kept, setting)
		json_append(names, json_new_text(args->arena, setting->key));
	json_set(result, STR("connection"), json_new_text(args->arena, wanted->connection));
	json_set(result, STR("address"), json_new_text(args->arena, address(args, wanted, wanted->connection)));
	json_set(result, STR("registered"), json_new_bool(args->arena, registered));
	if (kept && kept->count)
		json_set(result, STR("settings_kept"), names);
	out_object(args, result);
	return EXIT_DONE;
}

/* The far side comes first: repeating it is harmless, a secret that nobody signs with is not. */
static int do_register(struct cli_args *args, const struct wanted *wanted, struct connection *c, struct err *err)
{
	const struct hook_registration what = { .url = address(args, wanted, wanted->connection) };
	struct json *kept = NULL;

	if (!c->kind->hook_register)
		return by_hand(args, wanted, c->kind, err);
	if (c->kind->hook_register(c, &what, args->arena, &kept, err) < 0)
		return err_pass(err);
	if (kept && kept->count &&
	    catalog_amend_connection(args->engine, wanted->connection, kept, "webhooks registered", err) < 0)
		return err_pass(err);
	if (audit_note(args->engine, "webhooks", wanted->connection, STR_EMPTY, what.url, "registered", err) < 0)
		return err_pass(err);
	return print_done(args, wanted, true, kept);
}

static int do_unregister(struct cli_args *args, const struct wanted *wanted, struct connection *c, struct err *err)
{
	struct str url = address(args, wanted, wanted->connection);

	if (!c->kind->hook_unregister)
		return by_hand(args, wanted, c->kind, err);
	if (c->kind->hook_unregister(c, url, err) < 0 ||
	    audit_note(args->engine, "webhooks", wanted->connection, url, STR_EMPTY, "unregistered", err) < 0)
		return err_pass(err);
	return print_done(args, wanted, false, NULL);
}

static const struct action {
	const char *name;
	int (*act)(struct cli_args *args, const struct wanted *wanted, struct connection *c, struct err *err);
} actions[] = { { "list", NULL }, { "register", do_register }, { "unregister", do_unregister } };

static const struct action *find_action(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (str_eq_c(word, actions[i].name))
			return &actions[i];
	}
	return NULL;
}

/* Either word may come first; one word alone is an action if it is the name of one. */
static int read_words(const struct cli_args *args, struct wanted *wanted, const struct action **ret, struct err *err)
{
	struct str first = args->positional[0], second = args->positional[1];

	*ret = &actions[0];
	if (first.len && find_action(first)) {
		*ret = find_action(first);
		wanted->connection = second;
	} else {
		wanted->connection = first;
		if (second.len)
			*ret = find_action(second);
	}
	if (!*ret)
		return err_set(err, ERR_USAGE, "'%.*s' is none of list, register, unregister", STR_ARG(second));
	if ((*ret)->act && (wanted->connection.len == 0 || wanted->url.len == 0))
		return err_set(err, ERR_USAGE,
		               "say which connection and where we are found: suture webhooks CONNECTION %s --url "
		               "https://ADDRESS",
		               (*ret)->name);
	return 0;
}

int cmd_webhooks(struct cli_args *args, struct err *err)
{
	struct wanted wanted = { .url = cli_value(args, "url") };
	const struct action *action;
	struct connection *c;
	int code;

	while (str_ends(wanted.url, STR("/")))
		wanted.url.len--;
	if (wanted.url.len && !str_starts(wanted.url, STR("https://")) && !str_starts(wanted.url, STR("http://")))
		return err_set(err, ERR_USAGE, "--url needs an address that begins with https://");
	if (read_words(args, &wanted, &action, err) < 0)
		return err_pass(err);
	if (!action->act)
		return list(args, &wanted, err);
	if (catalog_open_connection(args->engine, wanted.connection, &c, err) < 0)
		return err_pass(err);
	code = action->act(args, &wanted, c, err);
	c->kind->close(&c);
	return code;
}
