/*
 * session: signing in and out, one's own password, the first account, invitations. The only routes that answer to nobody in particular, so each of them counts
 * attempts (access/throttle.h). The cookie is set here and nowhere else.
 */
#include "api/api_internal.h"

#include "access/provider.h"
#include "lib/clock.h"

/* ---- what all have in common ---- */

static struct sign_in asked_by(const struct api_call *call)
{
	const struct http_asked *asked = call->asked;
	struct access *access = call->api->options.access;

	return (struct sign_in) {
		.peer = access_peer(access, call->arena, asked->peer, http_asked_header(asked, "X-Forwarded-For")),
		.agent = http_asked_header(asked, "User-Agent"),
		.cookie = http_cookie(asked, access_cookie_name(access)),
	};
}

static bool is_this_machine(struct str peer)
{
	return str_starts(peer, STR("127.")) || str_eq(peer, STR("::1"));
}

/* A password and a cookie must not cross a network that anybody can read. Behind a proxy that speaks TLS, --public-url says so. */
static int begin(struct api_call *call, struct sign_in *ret, struct err *err)
{
	*ret = asked_by(call);
	if (call->asked->tls || access_is_secure(call->api->options.access) || is_this_machine(call->asked->peer))
		return 0;
	call->status = 403;
	return err_set(
	        err, ERR_UNSUPPORTED,
	        "signing in over a network needs TLS: start `suture serve` with --tls-cert and --tls-key, or put a "
	        "proxy before it and name its address with --public-url https://...");
}

/* What was refused here was refused by us and not by a far system: 401, and 429 with the seconds to wait. */
static int refused(struct api_call *call, int64_t wait_ms, const struct err *err)
{
	if (err->code == ERR_AUTH)
		call->status = 401;
	if (err->code == ERR_RATE) {
		call->status = 429;
		http_reply_header(
		        call->reply, call->arena, "Retry-After",
		        arena_printf(call->arena, "%lld", (long long)MAX_OF((wait_ms + 999) / 1000, (int64_t)1)));
	}
	return err_pass(err);
}

static struct json *rights_of(const struct api_call *call, unsigned rights)
{
	struct json *list = api_new_list(call);

	for (unsigned right = 1; right < RIGHTS_ALL; right <<= 1)
		if (rights & right)
			json_append(list, json_new_text(call->arena, str_of(right_name(right))));
	return list;
}

static struct json *session_of(struct api_call *call, const struct person *p)
{
	struct json *session = api_new(call);
	struct err ignored = ERR_INIT;
	struct access_settings set;

	api_set_id(call, session, "account", p->account_id);
	api_set(call, session, "name", p->name);
	api_set(call, session, "display", p->display);
	api_set(call, session, "role", str_of(role_name(p->role)));
	json_set(session, STR("rights"), rights_of(call, p->rights));
	api_set(call, session, "csrf", p->csrf);
	if (p->session_id && access_settings(call->api->options.access, &set, &ignored) == 0) {
		api_set_int(call, session, "idle_s", set.idle_ms / 1000);
		api_set_int(call, session, "idle_left_s", p->idle_ms / 1000);
	}
	api_set_time(call, session, "ends", p->ends_ms);
	api_set(call, session, "version", str_of(call->api->options.version));
	return session;
}

static void open_session(struct api_call *call, const struct signed_in *in)
{
	http_reply_header(call->reply, call->arena, "Set-Cookie",
	                  access_set_cookie(call->api->options.access, call->arena, in->cookie));
	call->answer = session_of(call, &in->person);
}

/* ---- in and out ---- */

static int show_session(struct api_call *call, struct err *err)
{
	(void)err;
	call->answer = session_of(call, &call->person);
	return 0;
}

static int sign_in(struct api_call *call, struct err *err)
{
	struct signed_in in;
	struct sign_in asked;

	if (begin(call, &asked, err) < 0 || api_need_text(call, "name", &asked.name, err) < 0 ||
	    api_need_text(call, "password", &asked.password, err) < 0)
		return err_pass(err);
	if (access_sign_in(call->api->options.access, call->arena, &asked, &in, err) < 0)
		return refused(call, in.wait_ms, err);
	open_session(call, &in);
	return 0;
}

static int sign_out(struct api_call *call, struct err *err)
{
	if (access_sign_out(call->api->options.access, &call->person, err) < 0)
		return err_pass(err);
	http_reply_header(call->reply, call->arena, "Set-Cookie",
	                  access_set_cookie(call->api->options.access, call->arena, STR_EMPTY));
	return 0;
}

static int change_password(struct api_call *call, struct err *err)
{
	struct str old, fresh;

	if (api_need_text(call, "old", &old, err) < 0 || api_need_text(call, "new", &fresh, err) < 0)
		return err_pass(err);
	if (access_change_password(call->api->options.access, call->arena, &call->person, old, fresh,
	                           asked_by(call).peer, err) == 0)
		return 0;
	/* 401 would say that the session has ended. */
	if (err->code == ERR_AUTH)
		call->status = 422;
	return err->code == ERR_RATE ? refused(call, 0, err) : err_pass(err);
}

/* ---- before anybody is signed in ---- */

static const char provider_route[] = "/session/provider";

static struct json *provider_of(const struct api_call *call, struct str name)
{
	struct json *provider = api_new(call);

	api_set(call, provider, "name", name);
	api_set(call, provider, "start", arena_printf(call->arena, "/api/v1%s", provider_route));
	return provider;
}

static int welcome(struct api_call *call, struct err *err)
{
	struct access *access = call->api->options.access;
	struct str code, name;

	if (access_setup_code(access, call->arena, &code, err) < 0 ||
	    provider_name(access, call->arena, &name, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	api_set_bool(call, call->answer, "signed_in", call->person.account_id != 0);
	api_set_bool(call, call->answer, "setup", code.len > 0);
	api_set(call, call->answer, "version", str_of(call->api->options.version));
	/* The first account is made here, so that there is an administrator whom the provider cannot lock out. */
	json_set(call->answer, STR("provider"),
	         name.len && code.len == 0 ? provider_of(call, name) : json_new(call->arena, JSON_NULL));
	return 0;
}

/* ---- the identity provider: two redirects of a browser, so that errors are pages too ---- */

static void redirect(struct api_call *call, struct str location, struct str cookie)
{
	call->reply->status = 302;
	http_reply_header(call->reply, call->arena, "Location", location);
	if (cookie.len)
		http_reply_header(call->reply, call->arena, "Set-Cookie", cookie);
}

static void redirect_refused(struct api_call *call, const char *why)
{
	redirect(call, arena_printf(call->arena, "/?refused=%s", why),
	         provider_cookie_end(call->api->options.access, call->arena));
}

static struct str return_address(const struct api_call *call)
{
	return arena_printf(call->arena, "%.*s/api/v1%s/return", STR_ARG(api_public_base(call)), provider_route);
}

static int go_to_provider(struct api_call *call, struct err *err)
{
	struct sign_in asked;
	struct str location, cookie;

	if (begin(call, &asked, err) < 0)
		return err_pass(err);
	if (provider_start(call->api->options.access, call->arena, return_address(call), &location, &cookie, err) < 0)
		redirect_refused(call, "provider");
	else
		redirect(call, location, cookie);
	return 0;
}

static int come_from_provider(struct api_call *call, struct err *err)
{
	struct access *access = call->api->options.access;
	const struct provider_answer answer = { .code = api_query(call, "code"),
		                                .state = api_query(call, "state"),
		                                .error = api_query(call, "error"),
		                                .kept = http_cookie(call->asked, provider_cookie_name(access)),
		                                .redirect = return_address(call) };
	struct sign_in asked;
	struct signed_in in;
	const char *why;

	if (begin(call, &asked, err) < 0)
		return err_pass(err);
	if (provider_finish(access, call->arena, &answer, &asked, &in, &why, err) < 0) {
		redirect_refused(call, why ? why : "provider");
		return 0;
	}
	redirect(call, STR("/"), provider_cookie_end(access, call->arena));
	http_reply_header(call->reply, call->arena, "Set-Cookie", access_set_cookie(access, call->arena, in.cookie));
	return 0;
}

static int set_up(struct api_call *call, struct err *err)
{
	struct first_account asked = { 0 };
	struct signed_in in;

	if (begin(call, &asked.sign_in, err) < 0 || api_need_text(call, "code", &asked.code, err) < 0 ||
	    api_need_text(call, "name", &asked.sign_in.name, err) < 0 ||
	    api_text(call, "display", &asked.display, err) < 0 ||
	    api_need_text(call, "password", &asked.sign_in.password, err) < 0)
		return err_pass(err);
	if (access_first_account(call->api->options.access, call->arena, &asked, &in, err) < 0)
		return refused(call, in.wait_ms, err);
	open_session(call, &in);
	return 0;
}

static int show_invitation(struct api_call *call, struct err *err)
{
	struct account account;
	struct str code;

	if (api_need_text(call, "code", &code, err) < 0)
		return err_pass(err);
	if (access_invited(call->api->options.access, call->arena, code, &account, err) < 0)
		return refused(call, 0, err);
	call->answer = api_new(call);
	api_set(call, call->answer, "name", account.name);
	api_set(call, call->answer, "display", account.display);
	api_set(call, call->answer, "role", str_of(role_name(account.role)));
	api_set_time(call, call->answer, "until", account.invited_until_ms);
	return 0;
}

static int accept_invitation(struct api_call *call, struct err *err)
{
	struct signed_in in;
	struct sign_in asked;
	struct str code;

	if (begin(call, &asked, err) < 0 || api_need_text(call, "code", &code, err) < 0 ||
	    api_need_text(call, "password", &asked.password, err) < 0)
		return err_pass(err);
	if (access_accept(call->api->options.access, call->arena, code, &asked, &in, err) < 0)
		return refused(call, in.wait_ms, err);
	open_session(call, &in);
	return 0;
}

const struct api_route api_session_routes[] = {
	{ "GET", "/session", show_session, RIGHT_SEE },
	{ "POST", "/session", sign_in },
	{ "DELETE", "/session", sign_out, RIGHT_SEE },
	{ "POST", "/session/password", change_password, RIGHT_SEE },
	{ "GET", "/session/provider", go_to_provider },
	{ "GET", "/session/provider/return", come_from_provider },
	{ "GET", "/welcome", welcome },
	{ "POST", "/setup", set_up },
	{ "POST", "/invitation", show_invitation },
	{ "POST", "/invitation/accept", accept_invitation },
	{ 0 },
};
