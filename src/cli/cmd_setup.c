/* init, apply, export, connect, check: how a Suture comes to be. */
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/out.h"
#include "codec/yaml.h"
#include "lib/file.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/doctor.h"

/* A path as it is typed into a shell. */
static struct str quoted(struct arena *arena, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@%,:=";

	if (path[strspn(path, plain)] == '\0' || strchr(path, '\''))
		return str_of(path);
	return arena_printf(arena, "'%s'", path);
}

int cmd_init(struct cli_args *args, struct err *err)
{
	struct json *result = json_new(args->arena, JSON_OBJECT);
	const char *dir = args->positional[0].at, *key = getenv("SUTURE_KEY");
	struct str shell = quoted(args->arena, dir);
	bool existed;

	if (args->host->init(dir, cli_value(args, "store"), &existed, err) < 0)
		return err_pass(err);
	json_set(result, STR("dir"), json_new_text(args->arena, args->positional[0]));
	json_set(result, STR("configuration"),
	         json_new_text(args->arena, arena_printf(args->arena, "%s/suture.yaml", dir)));
	json_set(result, STR("key"),
	         json_new_text(args->arena, key ? STR("SUTURE_KEY, from the environment")
	                                        : arena_printf(args->arena, "%s/suture.key", dir)));
	if (args->json)
		json_set(result, STR("existed"), json_new_bool(args->arena, existed));
	out_object(args, result);
	if (existed)
		out_hint(args, "\nIt was a Suture already: what was there stays as it was.");
	else
		out_hint(args,
		         "\nKeep a copy of the key apart from the database: without it nothing can be read.\n"
		         "Next: edit the configuration, then\n\n"
		         "  export SUTURE_DIR=%.*s\n  suture apply %.*s/suture.yaml\n  suture check",
		         STR_ARG(shell), STR_ARG(shell));
	return EXIT_DONE;
}

/* What is stored and not in the file: leaving something out deletes nothing, and that is better said than found out. */
static struct json *left_out(struct arena *arena, const struct json *file, struct sync_row *syncs, size_t sync_count,
                             struct connection_row *connections, size_t connection_count)
{
	struct json *list = json_new(arena, JSON_ARRAY);

	for (size_t i = 0; i < connection_count; i++) {
		if (!json_get_str(json_get(file, "connections"), connections[i].name))
			json_append(list, json_new_text(arena, arena_printf(arena, "connection %.*s",
			                                                    STR_ARG(connections[i].name))));
	}
	for (size_t i = 0; i < sync_count; i++) {
		if (!json_get_str(json_get(file, "syncs"), syncs[i].name))
			json_append(list,
			            json_new_text(arena, arena_printf(arena, "sync %.*s", STR_ARG(syncs[i].name))));
	}
	return list;
}

static int find_left_out(struct cli_args *args, struct str text, struct json **ret, struct err *err)
{
	struct connection_row *connections;
	struct sync_row *syncs;
	struct json *file;
	size_t connection_count, sync_count;

	if (yaml_parse(args->arena, text, &file, err) < 0 ||
	    catalog_connections(args->engine, args->arena, &connections, &connection_count, err) < 0 ||
	    catalog_syncs(args->engine, args->arena, &syncs, &sync_count, err) < 0)
		return err_pass(err);
	*ret = left_out(args->arena, file, syncs, sync_count, connections, connection_count);
	return 0;
}

static void print_applied(const struct cli_args *args, const struct applied *applied, const struct json *kept)
{
	if (applied->created + applied->changed == 0)
		printf("nothing changed: what is stored is what the file says\n");
	else
		printf("%zu created, %zu changed, %zu unchanged\n", applied->created, applied->changed,
		       applied->unchanged);
	JSON_EACH (kept, name)
		printf("not in the file, kept as it was: %.*s\n", STR_ARG(name->text));
	if (kept->count)
		printf("Leaving something out deletes nothing; something renamed is something new, without the links "
		       "of the "
		       "old one.\n");
	if (applied->created + applied->changed)
		out_hint(args, "\nNext: `suture check` holds it against both systems.");
}

int cmd_apply(struct cli_args *args, struct err *err)
{
	struct json *result = json_new(args->arena, JSON_OBJECT), *kept;
	const char *path = args->positional[0].at;
	char real[4096];
	struct applied applied;
	struct str text;

	if (file_read(args->arena, path, LIMIT_CONFIG, &text, err) < 0)
		return err_pass(err);
	if (!realpath(path, real))
		return err_errno(err, "open %s", path);
	if (catalog_apply(args->engine, text, path, dirname(real), cli_value(args, "why").at, &applied, err) < 0 ||
	    find_left_out(args, text, &kept, err) < 0)
		return err_pass(err);
	json_set(result, STR("created"), json_new_int(args->arena, (int64_t)applied.created));
	json_set(result, STR("changed"), json_new_int(args->arena, (int64_t)applied.changed));
	json_set(result, STR("unchanged"), json_new_int(args->arena, (int64_t)applied.unchanged));
	if (kept->count)
		json_set(result, STR("not_in_file"), kept);
	if (args->json)
		out_object(args, result);
	else
		print_applied(args, &applied, kept);
	return EXIT_DONE;
}

int cmd_export(struct cli_args *args, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);
	struct json *file;

	if (catalog_export(args->engine, &text, err) < 0)
		return err_pass(err);
	if (!args->json) {
		fputs(buf_text(&text), stdout);
		return EXIT_DONE;
	}
	if (yaml_parse(args->arena, buf_str(&text), &file, err) < 0)
		return err_pass(err);
	out_object(args, file);
	return EXIT_DONE;
}

int cmd_connect(struct cli_args *args, struct err *err)
{
	struct str code = cli_value(args, "code");

	if (code.len == 0)
		return err_set(err, ERR_USAGE, "give the authorisation code: suture connect %.*s --code CODE",
		               STR_ARG(args->positional[0]));
	if (catalog_exchange_code(args->engine, args->positional[0], &(struct code_grant) { .code = code }, err) < 0)
		return err_pass(err);
	if (!args->json)
		printf("connected; `suture check` says as whom\n");
	else
		printf("{\"connected\":true}\n");
	return EXIT_DONE;
}

static int print_findings(const struct cli_args *args, const struct finding *findings, size_t *ret_warnings)
{
	static const struct out_column columns[] = {
		{ "level", OUT_TEXT }, { "subject", OUT_ID }, { "text", OUT_WHOLE }, { 0 }
	};
	static const char *const levels[] = { "ok", "warning", "error" };
	struct out out;
	int code = EXIT_DONE;

	out_begin(&out, args, columns, "nothing to say");
	for (const struct finding *f = findings; f; f = f->next) {
		const struct str cells[] = { str_of(levels[f->level]), f->subject, f->text };

		out_row(&out, cells);
		*ret_warnings += f->level == FINDING_WARNING;
		if (f->level == FINDING_ERROR)
			code = EXIT_SOME_FAILED;
	}
	out_end(&out);
	return code;
}

int cmd_check(struct cli_args *args, struct err *err)
{
	struct finding *findings;
	struct plan *plan;
	size_t warnings = 0;
	int code;

	if (plan_open(args->engine, args->positional[0], &plan, err) < 0)
		return err_pass(err);
	if (plan_check(args->engine, plan, args->arena, &findings, err) < 0) {
		plan_close(&plan);
		return err_pass(err);
	}
	code = print_findings(args, findings, &warnings);
	if (code == EXIT_DONE)
		out_hint(args,
		         "\nThe mapping of sync %.*s (%zu fields) fits both systems%s. Next: `suture preview`, then "
		         "`suture "
		         "import --dry-run`.",
		         STR_ARG(plan->name), plan->mapping.count, warnings ? ", with the warnings above" : "");
	else
		out_hint(args, "\nMend what is an error, then run `suture check` again; an import would not do what "
		               "you want.");
	plan_close(&plan);
	return code;
}

/* What cannot be opened is looked at all the same, as far as that goes. */
int cmd_doctor(struct cli_args *args, struct err *err UNUSED)
{
	struct err trouble = ERR_INIT;
	struct doctor_order order = { .dir = args->dir,
		                      .version = args->host->version,
		                      .trouble = &trouble,
		                      .offline = cli_has(args, "offline"),
		                      .quick = cli_has(args, "quick") };
	size_t warnings = 0;
	int code;

	if (args->host->open(args->dir, &args->engine, &trouble) == 0)
		order.engine = args->engine;
	code = print_findings(args, doctor_look(&order, args->arena), &warnings);
	if (code != EXIT_DONE)
		out_hint(args, "\nWhat is an error keeps this Suture from its work, or soon will.");
	else
		out_hint(args, "\nNo errors%s.", warnings ? "; the warnings above want a look" : "");
	return code;
}

int cmd_man(struct cli_args *args, struct err *err UNUSED)
{
	help_man_page(args);
	return EXIT_DONE;
}
