/* commands: the functions behind the rows of commands.c. Each returns an exit code or a negative error code. */
#ifndef SUTURE_CLI_COMMANDS_H
#define SUTURE_CLI_COMMANDS_H

#include "cli/cli.h"

int cmd_init(struct cli_args *args, struct err *err);
int cmd_apply(struct cli_args *args, struct err *err);
int cmd_export(struct cli_args *args, struct err *err);
int cmd_connect(struct cli_args *args, struct err *err);
int cmd_check(struct cli_args *args, struct err *err);
int cmd_doctor(struct cli_args *args, struct err *err);
int cmd_policy(struct cli_args *args, struct err *err);
int cmd_preview(struct cli_args *args, struct err *err);
int cmd_search(struct cli_args *args, struct err *err);
int cmd_link(struct cli_args *args, struct err *err);
int cmd_relink(struct cli_args *args, struct err *err);
int cmd_unlink(struct cli_args *args, struct err *err);
int cmd_create(struct cli_args *args, struct err *err);
int cmd_sync_now(struct cli_args *args, struct err *err);
int cmd_import(struct cli_args *args, struct err *err);
int cmd_delta(struct cli_args *args, struct err *err);
int cmd_drain(struct cli_args *args, struct err *err);
int cmd_runs(struct cli_args *args, struct err *err);
int cmd_report(struct cli_args *args, struct err *err);
int cmd_staged(struct cli_args *args, struct err *err);
int cmd_retry(struct cli_args *args, struct err *err);
int cmd_links(struct cli_args *args, struct err *err);
int cmd_schedule(struct cli_args *args, struct err *err);
int cmd_drift(struct cli_args *args, struct err *err);
int cmd_budget(struct cli_args *args, struct err *err);
int cmd_leases(struct cli_args *args, struct err *err);
int cmd_resolve(struct cli_args *args, struct err *err);
int cmd_conflicts(struct cli_args *args, struct err *err);
int cmd_suggestions(struct cli_args *args, struct err *err);
int cmd_dismiss(struct cli_args *args, struct err *err);
int cmd_log(struct cli_args *args, struct err *err);
int cmd_audit(struct cli_args *args, struct err *err);
int cmd_account(struct cli_args *args, struct err *err);
int cmd_token(struct cli_args *args, struct err *err);
int cmd_backup(struct cli_args *args, struct err *err);
int cmd_restore(struct cli_args *args, struct err *err);
int cmd_serve(struct cli_args *args, struct err *err);
int cmd_webhooks(struct cli_args *args, struct err *err);
int cmd_purge(struct cli_args *args, struct err *err);
int cmd_rekey(struct cli_args *args, struct err *err);
int cmd_completion(struct cli_args *args, struct err *err);
int cmd_man(struct cli_args *args, struct err *err);

#endif
