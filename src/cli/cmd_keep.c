/* backup, restore: what keeps a Suture when its machine is gone. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/out.h"
#include "sync/backup.h"

static void on_step(void *context, const char *what)
{
	(void)context;
	fprintf(stderr, "suture backup: %s\n", what);
}

int cmd_backup(struct cli_args *args, struct err *err)
{
	const struct backup_order order = { .path = args->positional[0].at,
		                            .with_key = cli_has(args, "with-key"),
		                            .version = args->host->version,
		                            .on_step = cli_has(args, "quiet") ? NULL : on_step };
	struct json *done;

	if (backup_write(args->engine, &order, args->arena, &done, err) < 0)
		return err_pass(err);
	out_object(args, done);
	if (json_int(json_get(done, "keys_needed"), 1) > 1)
		out_hint(args,
		         "\nThe key is being changed: this backup needs the key file as it is now, with both lines. "
		         "End the change (suture rekey), then make another one.");
	if (order.with_key)
		out_hint(args, "\nThe key is in the file: whoever gets it can read every patient. Keep it as you keep "
		               "the key.");
	else
		out_hint(args, "\nThe key is not in the file. Without your copy of it (%s) the backup cannot be read.",
		         BACKUP_KEY);
	return EXIT_DONE;
}

int cmd_restore(struct cli_args *args, struct err *err)
{
	bool marks_only = cli_has(args, "marks-only");
	const struct restore_order order = { .file = marks_only ? NULL : args->positional[0].at,
		                             .aside = cli_has(args, "aside") ? cli_value(args, "aside").at : NULL };
	struct json *done;

	if (marks_only == (args->positional_count > 0))
		return err_set(err, ERR_USAGE,
		               "name the backup: suture restore FILE; or, where the database was put "
		               "back by other means, suture restore --marks-only");
	if (args->host->restore(args->dir, &order, args->arena, &done, err) < 0)
		return err_pass(err);
	out_object(args, done);
	out_hint(args,
	         "\nNext: `suture serve`, or `suture import`: both systems are read completely, and what changed "
	         "since the backup is found.\nPeople have to sign in again; accounts and API tokens are those of "
	         "the backup: look whether one is among them that was shut since (suture account, suture token).");
	return EXIT_DONE;
}
