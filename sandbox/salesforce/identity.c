/* identity: revoke, introspect, userinfo, the identity URL, discovery. */
#include "sandbox/salesforce/auth_internal.h"

#include "sandbox/salesforce/errors.h"
#include "sandbox/salesforce/render.h"

void oauth_revoke(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct pairs form = request_form(request->arena, request->body);
	struct str token = pairs_get(&form, "token");
	struct session *session = auth_find(org, token);
	struct session *refreshable = map_get(&org->auth->refreshes, token);

	if (token.len == 0)
		token = request_query(request, "token");
	if (!session)
		session = auth_find(org, token);
	if (refreshable && refreshable->refresh.len > 0) {
		refreshable->refresh = STR_EMPTY;
		auth_expire(refreshable);
	} else if (session) {
		auth_expire(session);
	} else {
		fail_oauth(answer, 400, "unsupported_token_type", "this token type is not supported");
	}
}

static void write_user_field(struct buf *out, const struct org *org, uint32_t user, const char *key, const char *name)
{
	buf_printf(out, ",\"%s\":", key);
	render_value(out, org, org->user, row_at(org->user, user), object_field(org->user, str_of(name)));
}

void oauth_introspect(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct pairs form = request_form(request->arena, request->body);
	struct session *session = auth_find(org, pairs_get(&form, "token"));
	struct buf *out = &answer->body;

	if (!str_eq_c(pairs_get(&form, "client_id"), org->options->client_id)) {
		fail_oauth(answer, 401, "invalid_client_id", "client identifier invalid");
		return;
	}
	if (!session) {
		buf_add_c(out, "{\"active\":false}");
		return;
	}
	buf_add_c(out, "{\"active\":true,\"scope\":\"api id\",\"client_id\":");
	json_write_string(out, str_of(org->options->client_id));
	write_user_field(out, org, session->user, "username", "Username");
	buf_add_c(out, ",\"sub\":");
	json_write_string(out, auth_identity_url(org, session->user, request->arena));
	buf_printf(out, ",\"token_type\":\"access_token\",\"iat\":%lld,\"exp\":%lld}",
	           (long long)(session->issued_ms / 1000), (long long)((session->issued_ms + session->life_ms) / 1000));
}

static void write_ids(struct buf *out, struct org *org, uint32_t user)
{
	char org_text[ID_LONG + 1], user_text[ID_LONG + 1];

	org_id(org, org_text);
	id_long(row_at(org->user, user)->id, user_text);
	buf_printf(out, "\"user_id\":\"%s\",\"organization_id\":\"%s\"", user_text, org_text);
}

/* {version} stays in the text: clients put theirs in (section 1.7). */
static void write_urls(struct buf *out, struct org *org)
{
	static const char *const urls[][2] = {
		{ "rest", "/services/data/v{version}/" },         { "sobjects", "/services/data/v{version}/sobjects/" },
		{ "query", "/services/data/v{version}/query/" },  { "search", "/services/data/v{version}/search/" },
		{ "metadata", "/services/Soap/m/{version}/00D" }, { "partner", "/services/Soap/u/{version}/00D" },
	};

	buf_add_c(out, ",\"urls\":{");
	for (size_t i = 0; i < ARRAY_LEN(urls); i++)
		buf_printf(out, "%s\"%s\":\"%.*s%s\"", i ? "," : "", urls[i][0], STR_ARG(auth_base(org)), urls[i][1]);
	buf_add_char(out, '}');
}

static void write_identity(struct buf *out, struct org *org, uint32_t user, struct arena *arena)
{
	struct str url = auth_identity_url(org, user, arena);

	buf_printf(out, "{\"id\":\"%.*s\",\"asserted_user\":true,", STR_ARG(url));
	write_ids(out, org, user);
	write_user_field(out, org, user, "username", "Username");
	write_user_field(out, org, user, "display_name", "Name");
	write_user_field(out, org, user, "email", "Email");
	buf_add_c(out, ",\"active\":true,\"locale\":\"en_US\",\"language\":\"en_US\",\"utcOffset\":0,\"user_type\":"
	               "\"STANDARD\"");
	write_urls(out, org);
	buf_add_char(out, '}');
}

void oauth_identity(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	char id[ID_LONG + 1];
	struct session *session = auth_check(org, request);
	uint32_t user = rows_find(org->user, request_param(request, "user"));

	org_id(org, id);
	if (!session)
		answer_text(answer, 403, "text/html", "Bad_OAuth_Token");
	else if (user == NO_ROW || !str_starts(request_param(request, "org"), str_range(id, ID_SHORT)))
		answer_text(answer, 404, "text/html", "Bad_Id");
	else
		write_identity(&answer->body, org, user, request->arena);
}

void oauth_userinfo(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct session *session = auth_check(org, request);
	struct buf *out = &answer->body;

	if (!session) {
		answer_text(answer, 403, "text/html", "Bad_OAuth_Token");
		return;
	}
	buf_add_c(out, "{\"sub\":");
	json_write_string(out, auth_identity_url(org, session->user, request->arena));
	buf_add_char(out, ',');
	write_ids(out, org, session->user);
	write_user_field(out, org, session->user, "preferred_username", "Username");
	write_user_field(out, org, session->user, "name", "Name");
	write_user_field(out, org, session->user, "email", "Email");
	buf_add_c(out, ",\"email_verified\":true,\"active\":true,\"zoneinfo\":\"GMT\"");
	write_urls(out, org);
	buf_add_char(out, '}');
}

void oauth_discovery(void *state, struct request *request, struct answer *answer)
{
	static const char *const ends[][2] = {
		{ "authorization_endpoint", "/services/oauth2/authorize" },
		{ "token_endpoint", "/services/oauth2/token" },
		{ "revocation_endpoint", "/services/oauth2/revoke" },
		{ "userinfo_endpoint", "/services/oauth2/userinfo" },
		{ "introspection_endpoint", "/services/oauth2/introspect" },
	};
	struct str base = auth_base(state);

	(void)request;
	buf_printf(&answer->body, "{\"issuer\":\"%.*s\"", STR_ARG(base));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		buf_printf(&answer->body, ",\"%s\":\"%.*s%s\"", ends[i][0], STR_ARG(base), ends[i][1]);
	buf_add_char(&answer->body, '}');
}
