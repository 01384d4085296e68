/* init, apply, export, connect, check: how a Suture comes to be. */
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/out.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog.h"

int cmd_init(struct cli_args *args, struct err *err)
{
	struct json *result = json_new(args->arena, JSON_OBJECT);
	const char *dir = args->positional[0].at;

	if (args->host->init(dir, err) < 0)
		return err_pass(err);
	json_set(result, STR("dir"), json_new_text(args->arena, args->positional[0]));
	json_set(result, STR("configuration"),
	         json_new_text(args->arena, arena_printf(args->arena, "%s/suture.yaml", dir)));
	json_set(result, STR("key"), json_new_text(args->arena, arena_printf(args->arena, "%s/suture.key", dir)));
	out_object(args, result);
	if (!args->json)
		printf("\nNext: edit %s/suture.yaml, then run `suture apply %s/suture.yaml --dir %s` and `suture check "
		       "--dir %s`.\n",
		       dir, dir, dir, dir);
	return EXIT_DONE;
}

static int read_file(struct arena *arena, const char *path, struct str *ret, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG + 1);
	FILE *file = fopen(path, "re");
	char chunk[8192];
	size_t got;

	if (!file)
		return err_errno(err, "open %s", path);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add_bytes(&text, chunk, got);
	if (ferror(file)) {
		err_errno(err, "read %s", path);
		fclose(file);
		return err_pass(err);
	}
	fclose(file);
	if (!buf_ok(&text))
		return err_set(err, ERR_MEMORY_LIMIT, "%s is larger than 4 MB", path);
	*ret = arena_str(arena, buf_str(&text));
	return 0;
}

int cmd_apply(struct cli_args *args, struct err *err)
{
	struct json *result = json_new(args->arena, JSON_OBJECT);
	const char *path = args->positional[0].at;
	char real[4096];
	struct applied applied;
	struct str text;

	if (read_file(args->arena, path, &text, err) < 0)
		return err_pass(err);
	if (!realpath(path, real))
		return err_errno(err, "open %s", path);
	if (catalog_apply(args->engine, text, path, dirname(real), cli_value(args, "why").at, &applied, err) < 0)
		return err_pass(err);
	json_set(result, STR("created"), json_new_int(args->arena, (int64_t)applied.created));
	json_set(result, STR("changed"), json_new_int(args->arena, (int64_t)applied.changed));
	json_set(result, STR("unchanged"), json_new_int(args->arena, (int64_t)applied.unchanged));
	out_object(args, result);
	return EXIT_DONE;
}

int cmd_export(struct cli_args *args, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);

	if (catalog_export(args->engine, &text, err) < 0)
		return err_pass(err);
	fputs(buf_text(&text), stdout);
	return EXIT_DONE;
}

int cmd_connect(struct cli_args *args, struct err *err)
{
	struct str code = cli_value(args, "code");

	if (code.len == 0)
		return err_set(err, ERR_USAGE, "give the authorisation code: suture connect %.*s --code CODE",
		               STR_ARG(args->positional[0]));
	if (catalog_exchange_code(args->engine, args->positional[0], code, err) < 0)
		return err_pass(err);
	if (!args->json)
		printf("connected; `suture check` says as whom\n");
	else
		printf("{\"connected\":true}\n");
	return EXIT_DONE;
}

int cmd_check(struct cli_args *args, struct err *err)
{
	static const char *const columns[] = { "level", "subject", "text", NULL };
	static const char *const levels[] = { "ok", "warning", "error" };
	struct finding *findings;
	struct plan *plan;
	struct out out;
	int code = EXIT_DONE;

	if (plan_open(args->engine, args->positional[0], &plan, err) < 0)
		return err_pass(err);
	if (plan_check(args->engine, plan, args->arena, &findings, err) < 0) {
		plan_close(&plan);
		return err_pass(err);
	}
	out_begin(&out, args, columns, "nothing to say");
	for (const struct finding *f = findings; f; f = f->next) {
		const struct str cells[] = { str_of(levels[f->level]), f->subject, f->text };

		out_row(&out, cells);
		if (f->level == FINDING_ERROR)
			code = EXIT_SOME_FAILED;
	}
	out_end(&out);
	plan_close(&plan);
	return code;
}
