/* hooks: where the far systems send what happens: addresses, secrets, telling them, trying the way. Secrets are shown to nobody but where they are part of an address, on demand. */
#include "api/api_internal.h"

#include "sync/hooks.h"

static struct json *hook_object(struct api_call *call, const struct hook_place *p)
{
	static const struct api_member members[] = {
		API_MEMBER(struct hook_place, connection, API_TEXT),
		API_MEMBER(struct hook_place, title, API_TEXT),
		API_MEMBER(struct hook_place, address, API_TEXT),
		API_MEMBER(struct hook_place, secret_is_set, API_BOOL),
		API_MEMBER(struct hook_place, registers, API_BOOL),
		API_MEMBER(struct hook_place, renews, API_BOOL),
		API_MEMBER(struct hook_place, can_test, API_BOOL),
		API_MEMBER(struct hook_place, told_address, API_TEXT),
		API_NAMED("told", struct hook_place, told_ms, API_TIME),
		{ 0 },
	};
	struct json *item = api_object(call, members, p);

	api_set(call, item, "secret_setting", str_of(p->secret ? p->secret->name : ""));
	api_set(call, item, "secret_help", str_of(p->secret ? p->secret->help : ""));
	api_set_bool(call, item, "told_elsewhere", p->told_address.len > 0 && !str_eq(p->told_address, p->address));
	return item;
}

static int list_hooks(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct hook_place *places;
	size_t count;

	if (hooks_list(&call->engine, call->arena, api_public_base(call), &places, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, hook_object(call, &places[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

static int answer_hook(struct api_call *call, struct err *err)
{
	struct hook_place place;

	if (hooks_find(&call->engine, call->arena, api_public_base(call), api_param(call, "connection"), &place, err) <
	    0)
		return err_pass(err);
	call->answer = hook_object(call, &place);
	return 0;
}

static int show_address(struct api_call *call, struct err *err)
{
	struct str address;

	if (hooks_address(&call->engine, call->arena, api_public_base(call), api_param(call, "connection"), &address,
	                  err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	api_set(call, call->answer, "address", address);
	return 0;
}

static int tell(struct api_call *call, struct err *err)
{
	struct json *kept;
	bool renew;

	if (api_bool(call, "renew", false, &renew, err) < 0 ||
	    hooks_register(&call->engine, call->arena, api_public_base(call), api_param(call, "connection"), renew,
	                   &kept, err) < 0)
		return err_pass(err);
	return answer_hook(call, err);
}

static int take_back(struct api_call *call, struct err *err)
{
	if (hooks_unregister(&call->engine, call->arena, api_public_base(call), api_param(call, "connection"), err) < 0)
		return err_pass(err);
	return answer_hook(call, err);
}

static int set_secret(struct api_call *call, struct err *err)
{
	struct str secret;

	if (api_need_text(call, "secret", &secret, err) < 0 ||
	    hooks_set_secret(&call->engine, call->arena, api_param(call, "connection"), secret, err) < 0)
		return err_pass(err);
	return answer_hook(call, err);
}

static int try_way(struct api_call *call, struct err *err)
{
	struct hook_tested tested;

	if (hooks_test(&call->engine, api_public_base(call), api_param(call, "connection"), &tested, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	api_set_bool(call, call->answer, "acknowledged", tested.status == 200);
	api_set_int(call, call->answer, "status", tested.status);
	api_set_int(call, call->answer, "took_us", tested.took_us);
	api_set_int(call, call->answer, "received", (int64_t)tested.received);
	return 0;
}

const struct api_route api_hook_routes[] = {
	{ "GET", "/hooks", list_hooks, RIGHT_SEE },
	{ "POST", "/hooks/{connection}/address", show_address, RIGHT_SETUP },
	{ "POST", "/hooks/{connection}/register", tell, RIGHT_SETUP },
	{ "POST", "/hooks/{connection}/unregister", take_back, RIGHT_SETUP },
	{ "PUT", "/hooks/{connection}/secret", set_secret, RIGHT_SETUP },
	{ "POST", "/hooks/{connection}/test", try_way, RIGHT_WORK },
	{ 0 },
};
