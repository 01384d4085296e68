/* partner: the connection between practice and partner: codes for tokens, integration (legacy) and installation, backend. */
#include "sandbox/hint/hint.h"

#include "codec/digest.h"
#include "lib/clock.h"
#include "sandbox/hint/webhooks.h"

#define PRODUCT "{\"id\":\"ppro-1ZcT6mQa4HfS\",\"name\":\"CRM Sync\",\"slug\":\"crm-sync\"}"

static void write_practice(struct hint *hint, struct arena *arena, struct buf *out)
{
	buf_printf(out, "{\"id\":\"%.*s\",\"name\":\"Grove Street Primary Care\"}",
	           STR_ARG(hint_id(hint, arena, HINT_PRACTICE)));
}

/* ---- codes ---- */

static struct code *usable_code(struct hint *hint, struct str text)
{
	for (struct code *code = hint->codes; code; code = code->next)
		if (str_eq(code->text, text))
			return code->used || code->until_us < clock_wall_ms() * 1000 ? NULL : code;
	return NULL;
}

/* A lasting token for a code; NULL: answered. A code is good once. */
static struct token *exchange(struct hint *hint, struct request *request, struct answer *answer)
{
	const struct json *body = hint_body(request, answer);
	struct code *code = body ? usable_code(hint, json_get_text(body, "code")) : NULL;
	SCOPED(buf) struct buf text = BUF_INIT(100);
	unsigned char bytes[18];

	if (!body)
		return NULL;
	if (!code) {
		hint_fail(answer, 422, "The authorization code is invalid, expired or already used");
		return NULL;
	}
	code->used = true;
	hint->active = json_bool(json_get(body, "activate"), true);
	digest_random(bytes, sizeof(bytes));
	buf_add_c(&text, hint->sbx ? "sbx-" : "");
	digest_hex(&text, str_range((const char *)bytes, sizeof(bytes)));
	return hint_add_token(hint, buf_str(&text), false);
}

void exchange_token(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	struct json *body = hint_body(request, answer);
	struct token *token;

	if (!body)
		return;
	if (!str_eq_c(json_get_text(body, "grant_type"), "authorization_code")) {
		hint_fail(answer, 422, "Validation failed: Grant type is not supported");
		return;
	}
	token = exchange(hint, request, answer);
	if (!token)
		return;
	buf_printf(
	        &answer->body,
	        "{\"id\":\"%.*s\",\"access_token\":\"%.*s\",\"expires_in\":null,\"refresh_token\":null,\"status\":\"%"
	        "s\","
	        "\"token_type\":\"bearer\",\"webhook_url_default\":null,\"webhook_url_override\":null,\"activated_by\":"
	        "{\"id\":\"user-6LpH2cRv9YtM\",\"name\":\"Priya "
	        "Desai\",\"email\":\"priya@grove.example\"},\"api_keys\":[{"
	        "\"deactivated_at\":null,\"description\":\"CRM "
	        "Sync\",\"last_used_at\":null,\"token\":\"%.*s\"}],\"practice\":",
	        STR_ARG(hint_id(hint, request->arena, HINT_INTEGRATION)), STR_ARG(token->text),
	        hint->active ? "active" : "inactive", STR_ARG(token->text));
	write_practice(hint, request->arena, &answer->body);
	buf_add_c(&answer->body, ",\"product\":" PRODUCT "}");
}

static void write_installation(struct hint *hint, struct arena *arena, const struct token *token, struct buf *out)
{
	buf_printf(out,
	           "{\"id\":\"%.*s\",\"auto_grant_partner_app_access\":true,\"default_partner_app_admin_role\":null,"
	           "\"default_partner_app_non_admin_role\":null,\"status\":\"%s\",",
	           STR_ARG(hint_id(hint, arena, HINT_INSTALLATION)),
	           hint->active ? "active"
	           : token      ? "pending"
	                        : "deactivated");
	if (token)
		buf_printf(
		        out,
		        "\"api_keys\":[{\"id\":\"%.*s\",\"created_at\":\"%.*s\",\"deactivated_at\":null,\"label\":null,"
		        "\"last_used_at\":null,\"token\":\"%.*s\"}],",
		        STR_ARG(token->text), STR_ARG(clock_rfc3339(arena, clock_wall_ms())), STR_ARG(token->text));
	buf_add_c(out, "\"practice\":");
	write_practice(hint, arena, out);
	buf_add_c(out, ",\"product\":" PRODUCT "}");
}

void connect_installation(void *state, struct request *request, struct answer *answer)
{
	struct token *token = exchange(state, request, answer);

	if (token)
		write_installation(state, request->arena, token, &answer->body);
}

/* ---- integration and installation ---- */

static void write_integration(struct hint *hint, struct arena *arena, struct buf *out)
{
	buf_printf(out,
	           "{\"id\":\"%.*s\",\"expires_in\":null,\"refresh_token\":null,\"status\":\"%s\",\"token_type\":"
	           "\"bearer\","
	           "\"webhook_url_default\":null,\"webhook_url_override\":null,\"practice\":",
	           STR_ARG(hint_id(hint, arena, HINT_INTEGRATION)), hint->active ? "active" : "inactive");
	write_practice(hint, arena, out);
	buf_add_char(out, '}');
}

static bool names(struct hint *hint, struct request *request, struct answer *answer, const char *id,
                  const char *message)
{
	if (str_eq(request_param(request, "id"), hint_id(hint, request->arena, id)))
		return true;
	hint_fail(answer, 404, message);
	return false;
}

static void set_active(struct hint *hint, struct arena *arena, bool active)
{
	SCOPED(buf) struct buf object = BUF_INIT(4096);

	if (hint->active == active)
		return;
	hint->active = active;
	write_integration(hint, arena, &object);
	webhooks_connection(hint, active ? "integration.activated" : "integration.deactivated", buf_str(&object));
	buf_clear(&object);
	write_installation(hint, arena, NULL, &object);
	webhooks_connection(hint, active ? "installation.activated" : "installation.deactivated", buf_str(&object));
}

void list_integrations(void *state, struct request *request, struct answer *answer)
{
	buf_add_char(&answer->body, '[');
	write_integration(state, request->arena, &answer->body);
	buf_add_char(&answer->body, ']');
}

void get_integration(void *state, struct request *request, struct answer *answer)
{
	if (names(state, request, answer, HINT_INTEGRATION, "Couldn't find Integration"))
		write_integration(state, request->arena, &answer->body);
}

/* No member of it can be changed here. */
void change_integration(void *state, struct request *request, struct answer *answer)
{
	if (hint_body(request, answer))
		get_integration(state, request, answer);
}

static void turn_integration(struct hint *hint, struct request *request, struct answer *answer, bool active)
{
	if (!names(hint, request, answer, HINT_INTEGRATION, "Couldn't find Integration"))
		return;
	set_active(hint, request->arena, active);
	write_integration(hint, request->arena, &answer->body);
}

void activate_integration(void *state, struct request *request, struct answer *answer)
{
	turn_integration(state, request, answer, true);
}

void deactivate_integration(void *state, struct request *request, struct answer *answer)
{
	turn_integration(state, request, answer, false);
}

void list_installations(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	struct str status = request_query(request, "status");

	buf_add_char(&answer->body, '[');
	if (!status.len || str_eq_c(status, hint->active ? "active" : "deactivated"))
		write_installation(hint, request->arena, NULL, &answer->body);
	buf_add_char(&answer->body, ']');
}

void get_installation(void *state, struct request *request, struct answer *answer)
{
	if (names(state, request, answer, HINT_INSTALLATION, "Couldn't find Installation"))
		write_installation(state, request->arena, NULL, &answer->body);
}

static void turn_installation(struct hint *hint, struct request *request, struct answer *answer, bool active)
{
	if (!names(hint, request, answer, HINT_INSTALLATION, "Couldn't find Installation"))
		return;
	set_active(hint, request->arena, active);
	write_installation(hint, request->arena, NULL, &answer->body);
}

void activate_installation(void *state, struct request *request, struct answer *answer)
{
	turn_installation(state, request, answer, true);
}

void deactivate_installation(void *state, struct request *request, struct answer *answer)
{
	turn_installation(state, request, answer, false);
}

/* ---- backend ---- */

static void write_backend(struct hint *hint, struct buf *out)
{
	const struct hooks *hooks = hint->hooks;

	buf_add_c(out, "{\"id\":\"" HINT_BACKEND "\",\"activation_type\":\"instant\",\"auth_type\":\"manual\","
	               "\"created_at\":\"2026-01-05T18:00:00.000000Z\",\"listened_events\":");
	if (hooks->listened)
		json_write(out, hooks->listened);
	else
		buf_add_c(out, "[\"*\"]");
	buf_printf(
	        out,
	        ",\"localhost_redirect_url\":null,\"localhost_webhook_url\":null,\"max_requests_per_minute\":null,"
	        "\"name\":\"Default\",\"redirect_url\":\"https://crm.example/hint/"
	        "connect?code=\",\"unmute_self_webhooks\":%s,"
	        "\"updated_at\":\"2026-01-05T18:00:00.000000Z\",\"webhooks_disabled\":%s,\"webhooks_paused\":%s,"
	        "\"api_credentials_configuration\":null,\"products\":[" PRODUCT "],\"webhooks_signature_api_key\":"
	        "{\"id\":\"whk-signing\",\"label\":\"webhook signing\",\"created_at\":\"2026-01-05T18:00:00.000000Z\","
	        "\"last_used_at\":null,\"deactivated_at\":null}}",
	        hooks->unmute_self ? "true" : "false", hooks->disabled ? "true" : "false",
	        hooks->paused ? "true" : "false");
}

void list_backends(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	buf_add_char(&answer->body, '[');
	write_backend(state, &answer->body);
	buf_add_char(&answer->body, ']');
}

void get_backend(void *state, struct request *request, struct answer *answer)
{
	if (!str_eq_c(request_param(request, "id"), HINT_BACKEND))
		hint_fail(answer, 404, "Couldn't find Backend");
	else
		write_backend(state, &answer->body);
}

static void set_listened(struct hooks *hooks, const struct json *events)
{
	SCOPED(buf) struct buf text = BUF_INIT(65536);
	struct err err = ERR_INIT;

	if (!events || events->kind != JSON_ARRAY)
		return;
	json_write(&text, events);
	arena_reset(&hooks->listened_arena);
	must(json_parse(&hooks->listened_arena, arena_str(&hooks->listened_arena, buf_str(&text)), &hooks->listened,
	                &err) == 0);
}

void change_backend(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	struct hooks *hooks = hint->hooks;
	const struct json *body = hint_body(request, answer);

	if (!body)
		return;
	get_backend(hint, request, answer);
	if (answer->status != 200)
		return;
	hooks->unmute_self = json_bool(json_get(body, "unmute_self_webhooks"), hooks->unmute_self);
	hooks->disabled = json_bool(json_get(body, "webhooks_disabled"), hooks->disabled);
	hooks->paused = json_bool(json_get(body, "webhooks_paused"), hooks->paused);
	set_listened(hooks, json_get(body, "listened_events"));
	webhooks_wake(hint);
	buf_clear(&answer->body);
	get_backend(hint, request, answer);
}
