/* serve, webhooks: the daemon, and how far systems learn where it listens. */
#include "cli/commands.h"
#include "cli/out.h"
#include "sync/catalog.h"
#include "sync/hooks.h"

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
		.log = cli_value(args, "log"),
		.json = args->json,
	};

	return args->host->serve(args->engine, &options, err);
}

/* ---- webhooks ---- */

struct wanted {
	struct str connection; /* empty: all */
	struct str url;        /* base, without slashes at the end; empty: not given */
};

static struct str base_of(const struct wanted *wanted)
{
	return wanted->url.len ? wanted->url : STR("https://YOUR.ADDRESS");
}

static int list(struct cli_args *args, const struct wanted *wanted, struct err *err)
{
	static const struct out_column columns[] = { { "connection", OUT_ID },   { "address", OUT_WHOLE },
		                                     { "told", OUT_TEXT },       { "secret_setting", OUT_TEXT },
		                                     { "secret_is", OUT_WHOLE }, { 0 } };
	struct hook_place *places;
	struct out out;
	size_t count;

	if (hooks_list(args->engine, args->arena, base_of(wanted), &places, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "no connection takes webhooks");
	for (size_t i = 0; i < count; i++) {
		const struct hook_place *p = &places[i];

		if (wanted->connection.len && !str_eq(wanted->connection, p->connection))
			continue;
		const struct str cells[] = { p->connection, p->address,
			                     p->registers ? STR("by register") : STR("by hand"),
			                     str_of(p->secret ? p->secret->name : NULL),
			                     str_of(p->secret ? p->secret->help : NULL) };

		out_row(&out, cells);
	}
	out_end(&out);
	out_hint(
	        args,
	        "\nby register: `suture webhooks CONNECTION register --url URL`. by hand: paste the address where that "
	        "system asks for one, and the same secret there and into the connection's settings.");
	return EXIT_DONE;
}

static int print_done(const struct cli_args *args, const struct wanted *wanted, bool registered,
                      const struct json *kept)
{
	struct json *result = json_new(args->arena, JSON_OBJECT);

	json_set(result, STR("connection"), json_new_text(args->arena, wanted->connection));
	json_set(result, STR("address"),
	         json_new_text(args->arena, catalog_hook_url(args->arena, wanted->url, wanted->connection)));
	json_set(result, STR("registered"), json_new_bool(args->arena, registered));
	if (kept && kept->count)
		json_set(result, STR("settings_kept"), json_copy(args->arena, kept));
	out_object(args, result);
	return EXIT_DONE;
}

static int do_register(struct cli_args *args, const struct wanted *wanted, struct err *err)
{
	struct json *kept = NULL;

	if (hooks_register(args->engine, args->arena, wanted->url, wanted->connection, false, &kept, err) < 0)
		return err_pass(err);
	return print_done(args, wanted, true, kept);
}

static int do_unregister(struct cli_args *args, const struct wanted *wanted, struct err *err)
{
	if (hooks_unregister(args->engine, args->arena, wanted->url, wanted->connection, err) < 0)
		return err_pass(err);
	return print_done(args, wanted, false, NULL);
}

static const struct action {
	const char *name;
	int (*act)(struct cli_args *args, const struct wanted *wanted, struct err *err);
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

	while (str_ends(wanted.url, STR("/")))
		wanted.url.len--;
	if (wanted.url.len && !str_starts(wanted.url, STR("https://")) && !str_starts(wanted.url, STR("http://")))
		return err_set(err, ERR_USAGE, "--url needs an address that begins with https://");
	if (read_words(args, &wanted, &action, err) < 0)
		return err_pass(err);
	return action->act ? action->act(args, &wanted, err) : list(args, &wanted, err);
}
