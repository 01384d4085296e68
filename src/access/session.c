#include "access/session.h"

#include "access/parts.h"
#include "lib/clock.h"
#include "sync/select.h"

enum { ID_BYTES = 32, AGENT_MOST = 200 };
/* Longer than any session may last (settings.c): a row this old is of no use to anybody. */
static const int64_t swept_after_ms = (int64_t)31 * 24 * 3600 * 1000;

static const struct statement ADD = {
	"INSERT INTO session (account_id, hash, made_ms, seen_ms, peer, agent) VALUES ($1,$2,$3,$4,$5,$6)"
};
static const struct statement SWEEP = { "DELETE FROM session WHERE made_ms < $1" };
static const struct statement FIND = {
	"SELECT s.id, s.account_id, s.made_ms, s.seen_ms, s.peer, s.agent, a.name, a.display, a.role"
	" FROM session s JOIN account a ON a.id = s.account_id WHERE s.hash = $1 AND a.state = 0"
};
static const struct statement TOUCH = { "UPDATE session SET seen_ms = $2 WHERE id = $1 AND seen_ms < $2" };
static const struct statement END = { "DELETE FROM session WHERE id = $1" };
static const struct statement END_ALL = { "DELETE FROM session WHERE account_id = $1 AND id <> $2" };

static struct str text_of_bytes(struct arena *arena, const void *bytes, size_t len)
{
	SCOPED(buf) struct buf text = BUF_INIT((size_t)128);

	digest_base64url(&text, str_range(bytes, len));
	return arena_str(arena, buf_str(&text));
}

static struct bind bind_hash(const struct digest *hash)
{
	return bind_blob(str_range((const char *)hash->bytes, sizeof(hash->bytes)));
}

int session_start(struct db *db, struct arena *arena, const struct session *asked, struct str *ret_cookie,
                  struct err *err)
{
	const int64_t now = clock_wall_ms();
	unsigned char id[ID_BYTES];
	struct digest hash;

	digest_random(id, sizeof(id));
	*ret_cookie = text_of_bytes(arena, id, sizeof(id));
	hash = digest_sha256(*ret_cookie);
	if (db_run(db, &SWEEP, BIND(bind_int(now - swept_after_ms)), err) < 0)
		return err_pass(err);
	return db_run(db, &ADD,
	              BIND(bind_int(asked->account_id), bind_hash(&hash), bind_int(now), bind_int(now),
	                   bind_text(asked->peer),
	                   bind_text(str_range(asked->agent.at, MIN_OF(asked->agent.len, (size_t)AGENT_MOST)))),
	              err);
}

static void read_session(struct rows *rows, struct arena *arena, void *place)
{
	*(struct session *)place = (struct session) { .id = row_int(rows, "id"),
		                                      .account_id = row_int(rows, "account_id"),
		                                      .made_ms = row_int(rows, "made_ms"),
		                                      .seen_ms = row_int(rows, "seen_ms"),
		                                      .peer = arena_str(arena, row_text(rows, "peer")),
		                                      .agent = arena_str(arena, row_text(rows, "agent")) };
}

static void read_who(struct rows *rows, struct arena *arena, void *place)
{
	struct session_who *who = place;

	read_session(rows, arena, &who->session);
	who->account = (struct account) { .id = who->session.account_id,
		                          .name = arena_str(arena, row_text(rows, "name")),
		                          .display = arena_str(arena, row_text(rows, "display")),
		                          .role = (enum role)row_int(rows, "role") };
}

int session_find(struct db *db, struct arena *arena, struct str cookie, struct session_who *ret, bool *ret_found,
                 struct err *err)
{
	struct digest hash = digest_sha256(cookie);
	const struct selection what = { &FIND, BIND(bind_hash(&hash)), 1, sizeof(*ret), read_who };

	return select_one(db, arena, &what, ret, ret_found, err);
}

int session_touch(struct engine *engine, int64_t id, int64_t now_ms, struct err *err)
{
	return access_touch(engine, &TOUCH, id, now_ms, err);
}

int session_end(struct db *db, int64_t id, struct err *err)
{
	return db_run(db, &END, BIND(bind_int(id)), err);
}

int session_end_all(struct db *db, int64_t account_id, int64_t keep, struct err *err)
{
	return db_run(db, &END_ALL, BIND(bind_int(account_id), bind_int(keep)), err);
}

int session_end_everyone(struct db *db, struct err *err)
{
	static const struct statement END_EVERYONE = { "DELETE FROM session" };

	return db_run(db, &END_EVERYONE, BIND_NOTHING, err);
}

struct str session_csrf(struct arena *arena, struct str cookie)
{
	struct digest proof = digest_hmac_sha256(cookie, STR("suture csrf"));

	return text_of_bytes(arena, proof.bytes, sizeof(proof.bytes));
}
