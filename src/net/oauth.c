/*
 * The token of a connection. The lock is held while a token is asked for: whoever comes meanwhile waits, and then finds a
 * newer generation than the one it came for, so it takes that token instead of asking for another.
 */
#include "net/oauth.h"

#include "codec/digest.h"
#include "lib/clock.h"
#include "lib/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define OAUTH_MAGIC 0x6f617574u

static const int64_t second_ns = 1000000000;
static const int64_t margin_s = 60;
static const int64_t refusal_kept_s = 30;
static const unsigned usual_assertion_s = 120;

struct oauth {
	uint32_t magic;
	struct arena memory; /* of itself and of the options' texts */
	struct oauth_options options;
	struct http_target target;
	_Atomic unsigned generation; /* of the token */
	pthread_mutex_t lock;
	/* Guarded by lock. */
	struct buf token;
	int64_t good_until_ns; /* 0: until it is refused */
	struct buf refresh_token;
	bool unkept; /* on_rotated has not taken the refresh token yet */
	struct err refusal;
	int64_t refused_until_ns;
};

static const struct {
	const char *name;
	size_t offset;
} texts[] = {
#define TEXT(name)                                          \
	{                                                   \
#name, offsetof(struct oauth_options, name) \
	}
	TEXT(token_url), TEXT(client_id), TEXT(client_secret), TEXT(refresh_token),
	TEXT(subject),   TEXT(audience),  TEXT(private_key),   TEXT(scope),
#undef TEXT
};

static struct str *text_at(const struct oauth_options *options, size_t offset)
{
	return (struct str *)((char *)options + offset);
}

static void form_client_credentials(const struct oauth *o, struct buf *form)
{
	if (o->options.scope.len > 0)
		oauth_form_add(form, "scope", o->options.scope);
}

static void form_refresh_token(const struct oauth *o, struct buf *form)
{
	oauth_form_add(form, "refresh_token", buf_str(&o->refresh_token));
}

/* What each grant needs, by the names of `texts`, and what it adds to the form. JWT bearer signs: see add_grant. */
static const struct grant {
	struct str type;
	const char *needs[4];
	bool sends_client;
	void (*form)(const struct oauth *o, struct buf *form);
} grants[] = {
	[OAUTH_CLIENT_CREDENTIALS] = { STR("client_credentials"),
	                               { "client_id", "client_secret" },
	                               true,
	                               form_client_credentials },
	[OAUTH_REFRESH_TOKEN] = { STR("refresh_token"), { "client_id", "refresh_token" }, true, form_refresh_token },
	[OAUTH_JWT_BEARER] = { STR("urn:ietf:params:oauth:grant-type:jwt-bearer"),
	                       { "client_id", "subject", "audience", "private_key" },
	                       false,
	                       NULL },
};

static bool is_given(const struct oauth_options *options, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (strcmp(texts[i].name, name) == 0)
			return text_at(options, texts[i].offset)->len > 0;
	}
	return false;
}

static int check(const struct oauth_options *options, struct err *err)
{
	const struct grant *grant = &grants[options->grant];

	if (!is_given(options, "token_url"))
		return err_set(err, ERR_CONFIG, "sign in: the token address is missing");
	for (size_t i = 0; i < ARRAY_LEN(grant->needs) && grant->needs[i]; i++) {
		if (!is_given(options, grant->needs[i]))
			return err_set(err, ERR_CONFIG, "sign in: '%s' is missing", grant->needs[i]);
	}
	return 0;
}

int oauth_open(const struct oauth_options *options, struct oauth **ret, struct err *err)
{
	struct arena memory = ARENA_INIT;
	struct oauth *o;
	int rc = check(options, err);

	if (rc < 0)
		return rc;
	o = arena_new(&memory, struct oauth);
	o->magic = OAUTH_MAGIC;
	o->options = *options;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str *text = text_at(&o->options, texts[i].offset);

		*text = arena_str(&memory, *text);
	}
	o->memory = memory;
	o->target =
	        (struct http_target) { .base = o->options.token_url, .window = 1, .attempts = 3, .timeout_ms = 30000 };
	must(pthread_mutex_init(&o->lock, NULL) == 0);
	buf_init(&o->token, LIMIT_HTTP_HEADERS);
	buf_init(&o->refresh_token, LIMIT_HTTP_HEADERS);
	buf_add(&o->refresh_token, o->options.refresh_token);
	*ret = o;
	return 0;
}

static void wipe(struct buf *b)
{
	if (b->at)
		explicit_bzero(b->at, b->cap);
	buf_clear(b);
}

void oauth_free(struct oauth **oauth)
{
	struct oauth *o = *oauth;
	struct arena memory;

	if (!o)
		return;
	ensure(o->magic == OAUTH_MAGIC);
	*oauth = NULL;
	wipe(&o->token);
	wipe(&o->refresh_token);
	buf_release(&o->token);
	buf_release(&o->refresh_token);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str *text = text_at(&o->options, texts[i].offset);

		explicit_bzero((char *)text->at, text->len);
	}
	pthread_mutex_destroy(&o->lock);
	o->magic = 0;
	memory = o->memory;
	arena_release(&memory);
}

static void claims(const struct oauth_options *options, int64_t now_s, struct buf *out)
{
	unsigned lives_s = options->assertion_s ? options->assertion_s : usual_assertion_s;

	buf_add_c(out, "{\"iss\":");
	json_write_string(out, options->client_id);
	buf_add_c(out, ",\"sub\":");
	json_write_string(out, options->subject);
	buf_add_c(out, ",\"aud\":");
	json_write_string(out, options->audience);
	buf_printf(out, ",\"exp\":%lld}", (long long)(now_s + lives_s));
}

/* RFC 7523: header, claims and signature, `now_s` seconds since 1970. */
static int write_assertion(const struct oauth_options *options, int64_t now_s, struct buf *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf body = BUF_INIT(LIMIT_HTTP_HEADERS);
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct str signature;

	claims(options, now_s, &body);
	digest_base64url(&text, STR("{\"alg\":\"RS256\",\"typ\":\"JWT\"}"));
	buf_add_char(&text, '.');
	digest_base64url(&text, buf_str(&body));
	if (digest_rs256(&arena, options->private_key, buf_str(&text), &signature, err) < 0)
		return err_wrap(err, "sign in: 'private_key'");
	buf_add_char(&text, '.');
	digest_base64url(&text, signature);
	if (!buf_ok(&text) || !buf_ok(&body))
		return err_set(err, ERR_CONFIG, "sign in: client id, user or audience is too long");
	buf_add(ret, buf_str(&text));
	return 0;
}

static int add_grant(struct oauth *o, struct buf *form, struct err *err)
{
	SCOPED(buf) struct buf assertion = BUF_INIT(LIMIT_HTTP_HEADERS);
	const struct grant *grant = &grants[o->options.grant];

	oauth_form_add(form, "grant_type", grant->type);
	if (grant->sends_client && !o->options.basic) {
		oauth_form_add(form, "client_id", o->options.client_id);
		if (o->options.client_secret.len > 0)
			oauth_form_add(form, "client_secret", o->options.client_secret);
	}
	if (grant->form) {
		grant->form(o, form);
		return 0;
	}
	if (write_assertion(&o->options, clock_wall_ms() / 1000, &assertion, err) < 0)
		return err->code;
	oauth_form_add(form, "assertion", buf_str(&assertion));
	return 0;
}

/* Half of a life that is shorter than two minutes, else all but the last minute. 0: not said. */
static int64_t good_until(const struct json *answer, int64_t asked_ns)
{
	int64_t life_s = 0;

	if (!str_to_i64(json_get_text(answer, "expires_in"), &life_s) || life_s <= 0 || life_s > INT32_MAX)
		return 0;
	return asked_ns + (life_s - MIN_OF(margin_s, (life_s + 1) / 2)) * second_ns;
}

static int rotate(struct oauth *o, const struct json *answer, struct err *err)
{
	struct str rotated = json_get_text(answer, "refresh_token");

	if (o->options.grant != OAUTH_REFRESH_TOKEN)
		return 0;
	if (rotated.len > 0 && !str_eq(rotated, buf_str(&o->refresh_token))) {
		wipe(&o->refresh_token);
		buf_add(&o->refresh_token, rotated);
		o->unkept = o->options.on_rotated != NULL;
	}
	if (o->unkept && o->options.on_rotated(o->options.context, buf_str(&o->refresh_token), err) < 0)
		return err_pass(err);
	o->unkept = false;
	return 0;
}

static int keep(struct oauth *o, const struct json *answer, int64_t asked_ns, struct err *err)
{
	int rc = rotate(o, answer, err);

	if (rc == 0 && o->options.on_token)
		rc = o->options.on_token(o->options.context, answer, err);
	if (rc < 0)
		return rc;
	wipe(&o->token);
	buf_add(&o->token, json_get_text(answer, "access_token"));
	if (!buf_ok(&o->token)) {
		wipe(&o->token);
		return err_set(err, ERR_FAR_SIDE, "sign in: the access token is over %zu bytes", o->token.max);
	}
	o->good_until_ns = good_until(answer, asked_ns);
	atomic_fetch_add(&o->generation, 1);
	return 0;
}

/* Looked at each time: what opened the connection may have set its target after us. */
static void keep_to_limits(struct oauth *o)
{
	const struct http_target *like = o->options.like;

	if (!like)
		return;
	o->target.rate = like->rate;
	o->target.pace_file = like->pace_file;
	o->target.attempts = like->attempts;
	o->target.timeout_ms = like->timeout_ms;
	o->target.backoff_ms = like->backoff_ms;
}

static int renew(struct oauth *o, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf form = BUF_INIT(4 * LIMIT_HTTP_HEADERS);
	int64_t asked_ns = clock_mono_ns();
	struct oauth_request request = { .http = o->options.http, .target = &o->target, .url = o->options.token_url };
	struct json *answer;
	int rc = add_grant(o, &form, err);

	keep_to_limits(o);
	if (o->options.basic && o->options.grant != OAUTH_JWT_BEARER) {
		request.basic_id = o->options.client_id;
		request.basic_secret = o->options.client_secret;
	}
	request.form = buf_str(&form);
	if (rc == 0)
		rc = oauth_ask(&request, &arena, &answer, err);
	if (rc == 0)
		rc = keep(o, answer, asked_ns, err);
	wipe(&form);
	if (rc == ERR_AUTH) {
		o->refusal = *err;
		o->refused_until_ns = clock_mono_ns() + refusal_kept_s * second_ns;
	}
	return rc;
}

static bool has_good_token(const struct oauth *o)
{
	return o->token.len > 0 && (o->good_until_ns == 0 || clock_mono_ns() < o->good_until_ns);
}

static int token_for(struct oauth *o, bool refresh, unsigned came_for, struct err *err)
{
	bool replaced = atomic_load(&o->generation) != came_for;

	if (has_good_token(o) && (!refresh || replaced))
		return 0;
	if (clock_mono_ns() < o->refused_until_ns) {
		*err = o->refusal;
		return err->code;
	}
	return renew(o, err);
}

int oauth_authorize(void *oauth, bool refresh, struct buf *ret_header, struct err *err)
{
	struct oauth *o = oauth;
	unsigned came_for = atomic_load(&o->generation);
	int rc;

	ensure(o->magic == OAUTH_MAGIC);
	pthread_mutex_lock(&o->lock);
	rc = token_for(o, refresh, came_for, err);
	if (rc == 0) {
		buf_add(ret_header, STR("Bearer "));
		buf_add(ret_header, buf_str(&o->token));
	}
	pthread_mutex_unlock(&o->lock);
	return rc;
}
