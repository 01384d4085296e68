/*
 * cometd: Bayeux over long polling (section 6.1): what a client says on the meta channels, and what it is answered. A body is an
 * array of messages; the answers go out in the same order, but a connect is answered last, after the events.
 *
 *	cometd_call -> speak (each message) -> a row of `channels` -> say_* / listener_connect
 *
 *	GET  /__admin/cometd          who listens, what is kept, how many events went out, were lost, were repeated
 *	POST /__admin/cometd/forget   all sessions are lost: 403::Unknown client
 *	POST /__admin/cometd/gap      {"object","type":"GAP_UPDATE","id"?}: an event without values; GAP_OVERFLOW without ids
 */
#include "sandbox/salesforce/handlers.h"

#include "sandbox/salesforce/changes.h"
#include "sandbox/salesforce/meta.h"
#include "sandbox/salesforce/stream.h"

#define BODY_MAX 32768
#define COOKIE   "BAYEUX_BROWSER"

struct talk {
	struct org *org;
	struct request *request;
	struct answer *answer;
	const struct json *message;
	struct listener *listener;  /* of the message; NULL on a handshake */
	bool trusted;               /* its access token is alive */
	const struct json *connect; /* the one message that may be held */
	struct listener *connecting;
};

/* ---- replies ---- */

static void begin(struct buf *out, struct str channel, struct str id)
{
	buf_add_c(out, "{\"channel\":");
	json_write_string(out, channel);
	if (id.len > 0) {
		buf_add_c(out, ",\"id\":");
		json_write_string(out, id);
	}
}

static void begin_reply(const struct talk *talk)
{
	begin(&talk->answer->body, json_get_text(talk->message, "channel"), json_get_text(talk->message, "id"));
	if (talk->listener)
		buf_printf(&talk->answer->body, ",\"clientId\":\"%.*s\"", STR_ARG(listener_id(talk->listener)));
}

static void write_error(struct buf *out, struct str error, const char *reconnect)
{
	buf_add_c(out, ",\"successful\":false,\"error\":");
	json_write_string(out, error);
	if (reconnect)
		buf_printf(out, ",\"advice\":{\"reconnect\":\"%s\",\"interval\":0}", reconnect);
}

static void end_reply(const struct talk *talk)
{
	buf_add_c(&talk->answer->body, "},");
}

static void refuse(const struct talk *talk, const char *error, const char *reconnect)
{
	begin_reply(talk);
	write_error(&talk->answer->body, str_of(error), reconnect);
	end_reply(talk);
}

static void add_subscription(const struct talk *talk)
{
	buf_add_c(&talk->answer->body, ",\"subscription\":");
	json_write_string(&talk->answer->body, json_get_text(talk->message, "subscription"));
}

void connect_write(struct org *org, struct buf *out, const struct listener *listener, struct str id, const char *error)
{
	begin(out, STR("/meta/connect"), id);
	buf_printf(out, ",\"clientId\":\"%.*s\"", STR_ARG(listener_id(listener)));
	if (error)
		write_error(out, str_of(error), "handshake");
	else
		buf_printf(
		        out,
		        ",\"successful\":true,\"advice\":{\"reconnect\":\"retry\",\"interval\":%lld,\"timeout\":%lld}",
		        (long long)org->settings.interval_ms, (long long)org->settings.connect_ms);
	buf_add_c(out, "}]");
}

/* ---- the meta channels ---- */

static void refuse_handshake(const struct talk *talk)
{
	begin_reply(talk);
	buf_add_c(&talk->answer->body, ",\"ext\":{\"replay\":true,\"payload.format\":true,"
	                               "\"sfdc\":{\"failureReason\":\"401::Authentication invalid\"}}");
	write_error(&talk->answer->body, STR("403::Handshake denied"), "none");
	end_reply(talk);
}

static bool has_cookie(const struct request *request)
{
	return str_find(request_header(request, "Cookie"), STR(COOKIE "=")) >= 0;
}

/* A browser has one for all its clients. A header of one name replaces another, so both go in as they are. */
static void give_cookies(const struct talk *talk)
{
	struct answer *answer = talk->answer;
	char text[21];

	pairs_add(answer->arena, &answer->headers, STR("Set-Cookie"), STR("CookieConsentPolicy=0:0; Path=/"));
	if (has_cookie(talk->request))
		return;
	stream_random(text, sizeof(text) - 1);
	pairs_add(answer->arena, &answer->headers, STR("Set-Cookie"),
	          arena_printf(answer->arena, COOKIE "=%s; Path=/cometd/; HttpOnly", text));
}

static void say_handshake(struct talk *talk)
{
	struct buf *out = &talk->answer->body;

	if (!talk->trusted) {
		refuse_handshake(talk);
		return;
	}
	talk->listener = stream_greet(talk->org);
	give_cookies(talk);
	begin_reply(talk);
	buf_add_c(out,
	          ",\"version\":\"1.0\",\"minimumVersion\":\"1.0\",\"supportedConnectionTypes\":[\"long-polling\"],"
	          "\"successful\":true,\"ext\":{\"replay\":true,\"payload.format\":true}");
	end_reply(talk);
}

static void say_connect(struct talk *talk)
{
	if (!str_eq(json_get_text(talk->message, "connectionType"), STR("long-polling"))) {
		refuse(talk, "402::Unsupported connection type", "none");
		return;
	}
	talk->connect = talk->message;
	talk->connecting = talk->listener;
}

/* The object of a channel; false: there is no such channel. *ret NULL: /data/ChangeEvents, all objects. */
static bool channel_object(const struct org *org, struct str channel, const struct object **ret)
{
	*ret = NULL;
	if (str_eq(channel, STR("/data/ChangeEvents")))
		return true;
	for (size_t i = 0; i < org->object_count; i++) {
		if (!org->objects[i]->tracked || !change_channel_fits(channel, org->objects[i]))
			continue;
		*ret = org->objects[i];
		return true;
	}
	return false;
}

/* -1: new events only, -2: all that are kept, else those after it. */
static bool replay_start(struct org *org, int64_t replay, uint64_t *ret)
{
	if (replay == -1)
		*ret = changes_end(org);
	else if (replay == -2)
		return changes_after(org, changes_oldest(org), ret) || changes_after(org, changes_oldest(org), ret);
	else
		return changes_after(org, replay, ret);
	return true;
}

static void refuse_replay(const struct talk *talk, int64_t replay)
{
	refuse(talk,
	       arena_printf(
	               talk->request->arena,
	               "400::The replayId {%lld} you provided was invalid. Please provide a valid ID, -2 to replay all "
	               "events, or -1 to replay only new events.",
	               (long long)replay)
	               .at,
	       NULL);
}

static int64_t wanted_replay(const struct json *message, struct str channel)
{
	const struct json *replay = json_get(json_get(message, "ext"), "replay");

	return json_int(json_get_str(replay, channel), -1);
}

static void say_subscribe(struct talk *talk)
{
	struct str channel = json_get_text(talk->message, "subscription");
	struct str refusal = talk->org->settings.refuse_subscribe;
	int64_t replay = wanted_replay(talk->message, channel);
	const struct object *object;
	uint64_t from;

	if (refusal.len > 0) {
		refuse(talk, arena_text(talk->request->arena, refusal), NULL);
	} else if (!channel_object(talk->org, channel, &object)) {
		refuse(talk, "400::The channel you requested to subscribe to doesn't exist", NULL);
	} else if (!replay_start(talk->org, replay, &from)) {
		refuse_replay(talk, replay);
	} else {
		listener_subscribe(talk->listener, channel, object, from);
		begin_reply(talk);
		add_subscription(talk);
		buf_add_c(&talk->answer->body, ",\"successful\":true");
		end_reply(talk);
	}
}

static void say_unsubscribe(struct talk *talk)
{
	bool known = listener_unsubscribe(talk->listener, json_get_text(talk->message, "subscription"));

	begin_reply(talk);
	add_subscription(talk);
	if (known)
		buf_add_c(&talk->answer->body, ",\"successful\":true");
	else
		write_error(&talk->answer->body, STR("404::Not subscribed"), NULL);
	end_reply(talk);
}

static void say_disconnect(struct talk *talk)
{
	begin_reply(talk);
	buf_add_c(&talk->answer->body, ",\"successful\":true");
	end_reply(talk);
	if (talk->connecting == talk->listener)
		talk->connecting = NULL;
	stream_leave(talk->org, talk->listener);
}

static const struct {
	const char *name;
	void (*say)(struct talk *talk);
	bool anonymous; /* nobody needs to be known yet */
} channels[] = {
	{ "/meta/handshake", say_handshake, true },    { "/meta/connect", say_connect, false },
	{ "/meta/subscribe", say_subscribe, false },   { "/meta/unsubscribe", say_unsubscribe, false },
	{ "/meta/disconnect", say_disconnect, false },
};

/* ---- one call ---- */

static void refuse_stranger(struct talk *talk)
{
	if (!talk->trusted)
		refuse(talk, "401::Authentication invalid", "none");
	else
		refuse(talk, "403::Unknown client", "handshake");
}

static void speak(struct talk *talk)
{
	struct str channel = json_get_text(talk->message, "channel");

	talk->listener = NULL;
	for (size_t i = 0; i < ARRAY_LEN(channels); i++) {
		if (!str_eq_c(channel, channels[i].name))
			continue;
		if (!channels[i].anonymous)
			talk->listener = stream_find(talk->org, json_get_text(talk->message, "clientId"));
		if (channels[i].anonymous || (talk->listener && talk->trusted))
			channels[i].say(talk);
		else
			refuse_stranger(talk);
		return;
	}
	refuse(talk, "403::Publishing is not allowed", NULL);
}

/* The load balancer finds its way by the cookie and knows nothing of messages (section 6.1). */
static bool refuse_cookies(const struct talk *talk, const struct json *messages)
{
	bool known = !talk->org->settings.need_cookies || has_cookie(talk->request);

	JSON_EACH (messages, message)
		known |= str_eq(json_get_text(message, "channel"), STR("/meta/handshake"));
	if (!known)
		answer_text(talk->answer, 400, "text/plain", "Unknown client: no " COOKIE " cookie present");
	return !known;
}

static bool check_token(struct org *org, struct request *request)
{
	struct session *session = auth_check(org, request);

	if (session && request->fault.kind == FAULT_EXPIRE)
		auth_expire(session);
	return session && session->alive;
}

static bool refuse_call(struct talk *talk)
{
	struct answer *answer = talk->answer;

	if (talk->request->body.len > BODY_MAX)
		answer_text(answer, 413, "text/plain", "Request entity too large");
	else if (!version_known(arena_printf(answer->arena, "v%.*s", STR_ARG(version_of(talk->request)))))
		answer_text(answer, 404, "text/plain", "Unsupported version");
	else if (request_header(talk->request, "Authorization").len == 0)
		answer_text(answer, 401, "application/json",
		            "[{\"channel\":\"/meta/handshake\",\"error\":\"401::Request requires authentication\","
		            "\"successful\":false,\"advice\":{\"reconnect\":\"none\",\"interval\":0}}]");
	else
		return false;
	return true;
}

static void finish(struct talk *talk)
{
	struct buf *out = &talk->answer->body;
	const struct json *connect = talk->connect;
	int64_t wait = talk->org->settings.connect_ms;

	if (talk->connecting) {
		/* A client that wants to know at once whether it is connected says so itself. */
		wait = MIN_OF(wait, json_int(json_get(json_get(connect, "advice"), "timeout"), wait));
		listener_connect(talk->org, talk->connecting, talk->answer, json_get_text(connect, "id"), wait);
		return;
	}
	if (out->len > 1)
		out->len--;
	buf_add_char(out, ']');
}

void cometd_call(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct talk talk = { .org = org, .request = request, .answer = answer };
	struct err err = ERR_INIT;
	struct json *body;

	if (!request->server || request->vendor || refuse_call(&talk))
		return;
	if (request_json(request, &body, &err) < 0 || (body->kind != JSON_ARRAY && body->kind != JSON_OBJECT)) {
		answer_text(answer, 400, "text/plain", "No messages");
		return;
	}
	if (body->kind == JSON_OBJECT) {
		struct json *array = json_new(request->arena, JSON_ARRAY);

		json_append(array, body);
		body = array;
	}
	talk.trusted = check_token(org, request);
	if (refuse_cookies(&talk, body))
		return;
	buf_add_char(&answer->body, '[');
	JSON_EACH (body, message) {
		talk.message = message;
		speak(&talk);
	}
	if (!talk.trusted && org->settings.status_401)
		answer->status = 401;
	finish(&talk);
}

/* ---- /__admin ---- */

void manage_forget_clients(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	stream_forget_all(state);
	buf_add_c(&answer->body, "{}");
}

void manage_stream(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	stream_show(state, &answer->body);
}

static const struct {
	const char *name;
	enum change_type type;
} gap_types[] = {
	{ "GAP_CREATE", CHANGE_CREATE },     { "GAP_UPDATE", CHANGE_UPDATE },     { "GAP_DELETE", CHANGE_DELETE },
	{ "GAP_UNDELETE", CHANGE_UNDELETE }, { "GAP_OVERFLOW", CHANGE_OVERFLOW },
};

void manage_gap(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct json *body = body_of(request, answer);
	struct object *object = org_object(org, json_get_text(body, "object"));

	for (size_t i = 0; object && i < ARRAY_LEN(gap_types); i++) {
		if (!str_eq_c(json_get_text(body, "type"), gap_types[i].name))
			continue;
		changes_gap(org, object, gap_types[i].type, json_get_text(body, "id"));
		stream_show(org, &answer->body);
		return;
	}
	if (body)
		fail_admin(answer, "\"object\" or \"type\" is unknown");
}
