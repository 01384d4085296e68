/* account, token: who may use the console and its API. A password or a token that is made here is printed once and stored as a hash. */
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "access/access.h"
#include "access/token.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report.h"
#include "lib/clock.h"

/* ---- passwords ---- */

/* Words of a terminal are not shown while they are typed. */
static int read_password(struct cli_args *args, struct str *ret, struct err *err)
{
	char line[2048];
	struct termios before, quiet;
	const bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
	bool there;

	if (terminal) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
		fprintf(stderr, "password: ");
	}
	there = fgets(line, sizeof(line), stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
		fprintf(stderr, "\n");
	}
	if (!there)
		return err_set(err, ERR_USAGE, "--stdin: there is no password on standard input");
	line[strcspn(line, "\r\n")] = '\0';
	*ret = arena_str(args->arena, str_of(line));
	return 0;
}

/* 120 bits, in groups that can be read out. */
static struct str made_password(struct arena *arena)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	enum { LEN = 24, GROUP = 6 };
	unsigned char bytes[LEN];
	char *text = arena_alloc_bytes(arena, 2 * LEN);
	size_t len = 0;

	digest_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < LEN; i++) {
		if (i > 0 && i % GROUP == 0)
			text[len++] = '-';
		text[len++] = letters[bytes[i] % (sizeof(letters) - 1)];
	}
	return str_range(text, len);
}

/* *ret_shown: what is to be printed; empty for one that somebody typed. */
static int hashed_password(struct cli_args *args, struct str name, struct str *ret_hash, struct str *ret_shown,
                           struct err *err)
{
	const struct access_options options = { 0 };
	struct access *access;
	struct str password;
	int code;

	*ret_shown = STR_EMPTY;
	if (cli_has(args, "stdin")) {
		if (read_password(args, &password, err) < 0)
			return err_pass(err);
	} else {
		*ret_shown = password = made_password(args->arena);
	}
	if (access_open(args->engine, &options, &access, err) < 0)
		return err_pass(err);
	code = access_hash_password(access, args->arena, password, name, ret_hash, err);
	access_close(&access);
	return code;
}

/* ---- account ---- */

static int list_accounts(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = { { "name", OUT_ID },         { "display", OUT_TEXT },
		                                     { "role", OUT_ID },         { "state", OUT_ID },
		                                     { "seen", OUT_TIME },       { "sessions", OUT_NUMBER },
		                                     { "tokens", OUT_NUMBER },   { "made", OUT_TIME, true },
		                                     { "id", OUT_NUMBER, true }, { 0 } };
	struct account *all;
	struct out out;
	size_t count;

	if (account_list(args->engine, args->arena, &all, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "nobody has an account yet; `suture account add NAME --role admin` makes one");
	for (size_t i = 0; i < count; i++) {
		const struct account *a = &all[i];
		const struct str cells[] = { a->name,
			                     a->display,
			                     str_of(role_name(a->role)),
			                     str_of(account_state_name(a->state)),
			                     out_time(args->arena, a->seen_ms),
			                     out_number(args->arena, a->sessions),
			                     out_number(args->arena, a->tokens),
			                     out_time(args->arena, a->made_ms),
			                     out_number(args->arena, a->id) };

		out_row(&out, cells);
	}
	out_end(&out);
	return EXIT_DONE;
}

/* The account as it is now, and what is shown once: a password or a code. */
static int report_account(struct cli_args *args, const struct account *a, const char *secret_name, struct str secret)
{
	struct json *answer = json_new(args->arena, JSON_OBJECT);

	json_set(answer, STR("name"), json_new_text(args->arena, a->name));
	json_set(answer, STR("display"), json_new_text(args->arena, a->display));
	json_set(answer, STR("role"), json_new_text(args->arena, str_of(role_name(a->role))));
	json_set(answer, STR("state"), json_new_text(args->arena, str_of(account_state_name(a->state))));
	if (secret.len)
		json_set(answer, str_of(secret_name), json_new_text(args->arena, secret));
	out_object(args, answer);
	if (secret.len)
		out_hint(args, "\nThe %s is shown this once only.\n", secret_name);
	return EXIT_DONE;
}

static int role_word(struct str word, enum role *ret, struct err *err)
{
	if (role_of_name(word, ret))
		return 0;
	return err_set(err, ERR_USAGE, "a role is viewer, operator, admin or auditor%s",
	               word.len ? "" : "; say which one");
}

static int add_account(struct cli_args *args, struct err *err)
{
	struct account_new fresh = { .name = args->positional[1], .display = cli_value(args, "display") };
	struct str shown = STR_EMPTY, code, name;
	struct account a;

	if (role_word(cli_value(args, "role"), &fresh.role, err) < 0 ||
	    account_name(args->arena, fresh.name, &name, err) < 0 ||
	    (!cli_has(args, "invite") && hashed_password(args, name, &fresh.password, &shown, err) < 0) ||
	    account_add(args->engine, args->arena, &fresh, &a, &code, err) < 0)
		return err_pass(err);
	return report_account(args, &a, code.len ? "invitation" : "password", code.len ? code : shown);
}

static int set_password(struct cli_args *args, struct account *a, struct err *err)
{
	struct str hash, shown;

	if (hashed_password(args, a->name, &hash, &shown, err) < 0 ||
	    account_set_password(args->engine, a->id, hash, 0, "on the command line", err) < 0 ||
	    account_get(args->engine, args->arena, a->id, a, err) < 0)
		return err_pass(err);
	return report_account(args, a, "password", shown);
}

static int change_account(struct cli_args *args, struct account *a, const struct account_change *change,
                          struct err *err)
{
	if (account_change(args->engine, args->arena, a->id, change, a, err) < 0)
		return err_pass(err);
	return report_account(args, a, "", STR_EMPTY);
}

static int set_role(struct cli_args *args, struct account *a, struct err *err)
{
	enum role role;
	const struct account_change change = { .role = &role };

	if (role_word(args->positional[2], &role, err) < 0)
		return err_pass(err);
	return change_account(args, a, &change, err);
}

static int set_disabled(struct cli_args *args, struct account *a, struct err *err)
{
	const bool disabled = str_eq(args->positional[0], STR("disable"));
	const struct account_change change = { .disabled = &disabled };

	return change_account(args, a, &change, err);
}

static int invite(struct cli_args *args, struct account *a, struct err *err)
{
	struct str code;

	if (account_invite(args->engine, args->arena, a->id, &code, err) < 0 ||
	    account_get(args->engine, args->arena, a->id, a, err) < 0)
		return err_pass(err);
	return report_account(args, a, "invitation", code);
}

/* To add an action on an account that is there: a row. */
static const struct {
	const char *name;
	int (*run)(struct cli_args *args, struct account *a, struct err *err);
} actions[] = {
	{ "passwd", set_password },  { "role", set_role },       { "invite", invite },
	{ "disable", set_disabled }, { "enable", set_disabled },
};

int cmd_account(struct cli_args *args, struct err *err)
{
	struct str action = args->positional[0];
	struct account a;

	if (action.len == 0 || str_eq(action, STR("list")))
		return list_accounts(args, err);
	if (str_eq(action, STR("add")))
		return add_account(args, err);
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (!str_eq_c(action, actions[i].name))
			continue;
		if (account_find(args->engine, args->arena, args->positional[1], &a, err) < 0)
			return err_pass(err);
		return actions[i].run(args, &a, err);
	}
	return err_set(err, ERR_USAGE, "account takes list, add, passwd, role, invite, disable or enable");
}

/* ---- token ---- */

static struct str token_state(const struct token *t)
{
	if (t->revoked_ms)
		return STR("revoked");
	return t->until_ms && t->until_ms <= clock_wall_ms() ? STR("ended") : STR("active");
}

static int list_tokens(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = { { "id", OUT_NUMBER },       { "name", OUT_TEXT },
		                                     { "account", OUT_ID },      { "scopes", OUT_TEXT },
		                                     { "state", OUT_ID },        { "begins_with", OUT_ID },
		                                     { "used", OUT_TIME },       { "until", OUT_TIME },
		                                     { "made", OUT_TIME, true }, { 0 } };
	struct token *all;
	struct out out;
	size_t count;

	if (token_list(args->engine, args->arena, 0, &all, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "there are no tokens");
	for (size_t i = 0; i < count; i++) {
		const struct token *t = &all[i];
		const struct str cells[] = { out_number(args->arena, t->id),
			                     t->name,
			                     t->account,
			                     rights_names(args->arena, t->scopes),
			                     token_state(t),
			                     t->head,
			                     out_time(args->arena, t->seen_ms),
			                     out_time(args->arena, t->until_ms),
			                     out_time(args->arena, t->made_ms) };

		if (!t->revoked_ms || cli_has(args, "revoked"))
			out_row(&out, cells);
	}
	out_end(&out);
	return EXIT_DONE;
}

static int token_of_options(struct cli_args *args, struct token *ret, struct err *err)
{
	struct str until = cli_value(args, "until"), scopes = cli_value(args, "scopes");
	struct account a;

	*ret = (struct token) { .name = args->positional[1], .scopes = RIGHT_SEE };
	if (cli_value(args, "account").len == 0)
		return err_set(err, ERR_USAGE, "say whose token it is: --account NAME");
	if (scopes.len && !rights_of_names(scopes, &ret->scopes))
		return err_set(err, ERR_USAGE, "scopes are see, values, work, setup, audit and accounts");
	if (until.len && !clock_parse(until.len == sizeof("2027-01-31") - 1
	                                      ? arena_printf(args->arena, "%.*sT00:00:00Z", STR_ARG(until))
	                                      : until,
	                              &ret->until_ms))
		return err_set(err, ERR_USAGE, "--until needs a date (2027-01-31) or a time (2027-01-31T12:00:00Z)");
	if (account_find(args->engine, args->arena, cli_value(args, "account"), &a, err) < 0)
		return err_pass(err);
	ret->account_id = a.id;
	return 0;
}

static int add_token(struct cli_args *args, struct err *err)
{
	struct json *answer = json_new(args->arena, JSON_OBJECT);
	struct token asked, made;
	struct str text;

	if (token_of_options(args, &asked, err) < 0 ||
	    token_add(args->engine, args->arena, &asked, &made, &text, err) < 0)
		return err_pass(err);
	json_set(answer, STR("id"), json_new_int(args->arena, made.id));
	json_set(answer, STR("name"), json_new_text(args->arena, made.name));
	json_set(answer, STR("account"), json_new_text(args->arena, made.account));
	json_set(answer, STR("scopes"), json_new_text(args->arena, rights_names(args->arena, made.scopes)));
	json_set(answer, STR("token"), json_new_text(args->arena, text));
	out_object(args, answer);
	out_hint(args, "\nThe token is shown this once only. Send it as: Authorization: Bearer TOKEN\n");
	return EXIT_DONE;
}

static int revoke_token(struct cli_args *args, struct err *err)
{
	struct json *answer = json_new(args->arena, JSON_OBJECT);
	int64_t id;

	if (!str_to_i64(args->positional[1], &id))
		return err_set(err, ERR_USAGE, "say which one by its number; `suture token list` shows them");
	if (token_revoke(args->engine, args->arena, id, 0, err) < 0)
		return err_pass(err);
	json_set(answer, STR("id"), json_new_int(args->arena, id));
	json_set(answer, STR("state"), json_new_text(args->arena, STR("revoked")));
	out_object(args, answer);
	return EXIT_DONE;
}

int cmd_token(struct cli_args *args, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(struct cli_args *args, struct err *err);
	} rows[] = { { "", list_tokens }, { "list", list_tokens }, { "add", add_token }, { "revoke", revoke_token } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (str_eq_c(args->positional[0], rows[i].name))
			return rows[i].run(args, err);
	}
	return err_set(err, ERR_USAGE, "token takes list, add or revoke");
}
