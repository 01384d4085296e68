/* accounts: people, invitations, API tokens. Whoever has the right `accounts` sees all of them; everybody sees and makes tokens of his own. */
#include "api/api_internal.h"

#include "access/token.h"
#include "lib/clock.h"

enum { DAY_MS = 24 * 3600 * 1000, DAYS_MOST = 3650 };

/* ---- people ---- */

static struct json *account_of(const struct api_call *call, const struct account *a)
{
	static const struct api_member members[] = {
		API_MEMBER(struct account, id, API_ID),
		API_MEMBER(struct account, name, API_TEXT),
		API_MEMBER(struct account, display, API_TEXT),
		API_NAMED("made", struct account, made_ms, API_TIME),
		API_NAMED("seen", struct account, seen_ms, API_TIME),
		API_NAMED("password_set", struct account, password_ms, API_TIME),
		API_MEMBER(struct account, sessions, API_INT),
		API_MEMBER(struct account, tokens, API_INT),
		{ 0 },
	};
	struct json *account = api_object(call, members, a);

	api_set(call, account, "role", str_of(role_name(a->role)));
	api_set(call, account, "state", str_of(account_state_name(a->state)));
	api_set_bool(call, account, "provider", a->subject.len > 0);
	api_set_time(call, account, "invited_until", a->state == ACCOUNT_INVITED ? a->invited_until_ms : 0);
	return account;
}

static int list_accounts(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct account *all;
	size_t count;

	if (account_list(&call->engine, call->arena, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, account_of(call, &all[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* The code stands behind "#": browsers keep that part to themselves, so that it is in nobody's log. */
static struct json *invitation_of(const struct api_call *call, const struct account *a, struct str code)
{
	struct json *invitation = api_new(call);

	api_set(call, invitation, "code", code);
	api_set(call, invitation, "url",
	        arena_printf(call->arena, "%.*s/invitation#%.*s", STR_ARG(api_public_base(call)), STR_ARG(code)));
	api_set_time(call, invitation, "until", a->invited_until_ms);
	return invitation;
}

static int role_of_body(const struct api_call *call, bool needed, enum role *ret, bool *ret_there, struct err *err)
{
	struct str word;

	if (api_text(call, "role", &word, err) < 0)
		return err_pass(err);
	*ret_there = word.len > 0;
	if ((!*ret_there && !needed) || role_of_name(word, ret))
		return 0;
	return err_set(err, ERR_DATA, "'role' is viewer, operator, admin or auditor");
}

static int add_account(struct api_call *call, struct err *err)
{
	struct account_new fresh = { 0 };
	struct account account;
	struct str code;
	bool there;

	if (api_need_text(call, "name", &fresh.name, err) < 0 || api_text(call, "display", &fresh.display, err) < 0 ||
	    role_of_body(call, true, &fresh.role, &there, err) < 0 ||
	    account_add(&call->engine, call->arena, &fresh, &account, &code, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	json_set(call->answer, STR("account"), account_of(call, &account));
	json_set(call->answer, STR("invitation"), invitation_of(call, &account, code));
	call->status = 201;
	return 0;
}

static int change_account(struct api_call *call, struct err *err)
{
	struct account_change change = { 0 };
	struct account account;
	enum role role = ROLE_VIEWER;
	bool disabled, there;
	int64_t id;

	if (api_id(call, "account", &id, err) < 0 || api_text(call, "display", &change.display, err) < 0 ||
	    role_of_body(call, false, &role, &there, err) < 0 || api_bool(call, "disabled", false, &disabled, err) < 0)
		return err_pass(err);
	change.role = there ? &role : NULL;
	change.disabled = json_is_null(json_get(call->body, "disabled")) ? NULL : &disabled;
	if (account_change(&call->engine, call->arena, id, &change, &account, err) < 0 ||
	    account_get(&call->engine, call->arena, id, &account, err) < 0)
		return err_pass(err);
	call->answer = account_of(call, &account);
	return 0;
}

static int invite(struct api_call *call, struct err *err)
{
	struct account account;
	struct str code;
	int64_t id;

	if (api_id(call, "account", &id, err) < 0)
		return err_pass(err);
	/* The password is gone from then on: whoever did this to himself by mistake would be out. */
	if (id == call->person.account_id)
		return err_set(err, ERR_CONFLICT, "this is you: change your password instead");
	if (account_invite(&call->engine, call->arena, id, &code, err) < 0 ||
	    account_get(&call->engine, call->arena, id, &account, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	json_set(call->answer, STR("account"), account_of(call, &account));
	json_set(call->answer, STR("invitation"), invitation_of(call, &account, code));
	return 0;
}

/* ---- tokens ---- */

static struct json *scopes_of(const struct api_call *call, unsigned scopes)
{
	struct json *list = api_new_list(call);

	for (unsigned right = 1; right < RIGHTS_ALL; right <<= 1)
		if (scopes & right)
			json_append(list, json_new_text(call->arena, str_of(right_name(right))));
	return list;
}

static struct json *token_of(const struct api_call *call, const struct token *t)
{
	static const struct api_member members[] = {
		API_MEMBER(struct token, id, API_ID),
		API_MEMBER(struct token, account, API_TEXT),
		API_MEMBER(struct token, name, API_TEXT),
		API_NAMED("begins_with", struct token, head, API_TEXT),
		API_NAMED("made", struct token, made_ms, API_TIME),
		API_NAMED("until", struct token, until_ms, API_TIME),
		API_NAMED("used", struct token, seen_ms, API_TIME),
		API_NAMED("revoked", struct token, revoked_ms, API_TIME),
		{ 0 },
	};
	struct json *token = api_object(call, members, t);
	const bool over = t->until_ms && t->until_ms <= clock_wall_ms();

	json_set(token, STR("scopes"), scopes_of(call, t->scopes));
	api_set(call, token, "state", t->revoked_ms ? STR("revoked") : over ? STR("ended") : STR("active"));
	api_set_bool(call, token, "mine", t->account_id == call->person.account_id);
	return token;
}

static int64_t whose_tokens(const struct api_call *call)
{
	return call->person.rights & RIGHT_ACCOUNTS ? 0 : call->person.account_id;
}

static int list_tokens(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct token *all;
	size_t count;

	if (token_list(&call->engine, call->arena, whose_tokens(call), &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		if (!all[i].revoked_ms || api_query_is(call, "revoked"))
			json_append(items, token_of(call, &all[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

static int read_scopes(const struct api_call *call, unsigned *ret, struct err *err)
{
	*ret = 0;
	JSON_EACH (json_get(call->body, "scopes"), scope) {
		unsigned right;

		if (!right_of_name(json_text(scope), &right))
			return err_set(err, ERR_DATA,
			               "'scopes' is a list of see, values, work, setup, audit, accounts");
		*ret |= right;
	}
	return 0;
}

static int add_token(struct api_call *call, struct err *err)
{
	struct token asked = { .account_id = call->person.account_id }, token;
	struct str text;
	int64_t days;

	/* A token that could make tokens would outlive its own revocation. */
	if (call->person.token_id) {
		call->status = 403;
		return err_set(err, ERR_UNSUPPORTED, "tokens are made by people who are signed in, not with a token");
	}
	if (api_need_text(call, "name", &asked.name, err) < 0 || read_scopes(call, &asked.scopes, err) < 0 ||
	    api_int(call, "days", 0, &days, err) < 0)
		return err_pass(err);
	if (days < 0 || days > DAYS_MOST)
		return err_set(err, ERR_DATA, "'days' is 1 to %d, or 0 for no end", DAYS_MOST);
	asked.name = str_trim(asked.name);
	asked.until_ms = days ? clock_wall_ms() + days * DAY_MS : 0;
	if (token_add(&call->engine, call->arena, &asked, &token, &text, err) < 0)
		return err_pass(err);
	call->answer = token_of(call, &token);
	api_set(call, call->answer, "token", text);
	call->status = 201;
	return 0;
}

static int revoke_token(struct api_call *call, struct err *err)
{
	int64_t id;

	if (api_id(call, "token", &id, err) < 0)
		return err_pass(err);
	return token_revoke(&call->engine, call->arena, id, whose_tokens(call), err);
}

const struct api_route api_account_routes[] = {
	{ "GET", "/accounts", list_accounts, RIGHT_ACCOUNTS },
	{ "POST", "/accounts", add_account, RIGHT_ACCOUNTS },
	{ "PATCH", "/accounts/{account}", change_account, RIGHT_ACCOUNTS },
	{ "POST", "/accounts/{account}/invitation", invite, RIGHT_ACCOUNTS },
	{ "GET", "/tokens", list_tokens, RIGHT_SEE },
	{ "POST", "/tokens", add_token, RIGHT_SEE },
	{ "DELETE", "/tokens/{token}", revoke_token, RIGHT_SEE },
	{ 0 },
};
