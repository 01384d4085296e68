/* token: OAuth client credentials (API notes 2). Tokens are opaque, 64 hex digits; a new one does not end the others. */
#include "sandbox/niko/niko.h"

#include "codec/digest.h"
#include "lib/clock.h"

static bool basic_of(struct request *request, struct str *ret_id, struct str *ret_secret)
{
	struct str header = request_header(request, "Authorization"), text;

	if (!str_starts(header, STR("Basic ")) ||
	    !digest_unbase64(request->arena, str_trim(str_skip(header, 6)), &text))
		return false;
	*ret_secret = text;
	return str_split(ret_secret, ':', ret_id);
}

static bool knows_client(const struct niko *niko, struct request *request, const struct pairs *form)
{
	struct str id, secret;

	if (!basic_of(request, &id, &secret)) {
		id = pairs_get(form, "client_id");
		secret = pairs_get(form, "client_secret");
	}
	return str_eq_c(id, niko->options->nikohealth_client_id) &&
	       str_eq_c(secret, niko->options->nikohealth_client_secret);
}

static void refuse(struct answer *answer, int status, const char *error)
{
	answer->status = status;
	buf_printf(&answer->body, "{\"error\":\"%s\"}", error);
}

/* Tokens that ended make room once nobody holds a live one. */
static void drop_dead(struct niko *niko)
{
	for (const struct niko_token *token = niko->tokens; token; token = token->next)
		if (token->until_ns > clock_mono_ns())
			return;
	tokens_end(niko);
}

static struct str new_token(struct niko *niko)
{
	SCOPED(buf) struct buf text = BUF_INIT(100);
	struct niko_token *token;
	unsigned char bytes[32];

	drop_dead(niko);
	digest_random(bytes, sizeof(bytes));
	digest_hex(&text, str_range((const char *)bytes, sizeof(bytes)));
	token = arena_new(&niko->token_arena, struct niko_token);
	token->text = arena_str(&niko->token_arena, buf_str(&text));
	token->until_ns = clock_mono_ns() + niko->settings.token_seconds * 1000000000;
	token->next = niko->tokens;
	niko->tokens = token;
	return token->text;
}

void give_token(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	struct pairs form = request_form(request->arena, request->body);
	struct str scope = pairs_get(&form, "scope"), token;

	if (!str_starts(request_header(request, "Content-Type"), STR("application/x-www-form-urlencoded")))
		refuse(answer, 400, "invalid_request");
	else if (!knows_client(niko, request, &form))
		refuse(answer, 400, "invalid_client");
	else if (!str_eq_c(pairs_get(&form, "grant_type"), "client_credentials"))
		refuse(answer, 400, "unsupported_grant_type");
	else if (scope.len && !str_eq_c(scope, "external"))
		refuse(answer, 400, "invalid_scope");
	if (answer->status != 200)
		return;
	token = new_token(niko);
	buf_printf(&answer->body,
	           "{\"access_token\":\"%.*s\",\"expires_in\":%lld,\"token_type\":\"Bearer\",\"scope\":\"external\"}",
	           STR_ARG(token), (long long)niko->settings.token_seconds);
}

bool token_is_good(struct niko *niko, struct request *request)
{
	struct str header = request_header(request, "Authorization"), text;

	if (!str_starts(header, STR("Bearer ")))
		return false;
	text = str_trim(str_skip(header, 7));
	for (struct niko_token *token = niko->tokens; token; token = token->next) {
		if (!str_eq(token->text, text))
			continue;
		if (request->fault.kind == FAULT_EXPIRE)
			token->until_ns = 0;
		return token->until_ns > clock_mono_ns();
	}
	return false;
}

void tokens_end(struct niko *niko)
{
	niko->tokens = NULL;
	arena_release(&niko->token_arena);
}
