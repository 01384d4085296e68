#include "access/token.h"

#include "access/parts.h"
#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/select.h"

enum { TOKEN_BYTES = 32, HEAD_LEN = 10, NAME_MOST = 100, TOKENS_MAX = 10000 };
static const char prefix[] = "sut_";

#define COLUMNS                                                                                                       \
	"SELECT t.id, t.account_id, t.name, t.head, t.scopes, t.made_ms, t.until_ms, t.seen_ms, t.revoked_ms, a.name" \
	" AS account, a.display, a.role FROM api_token t JOIN account a ON a.id = t.account_id "

static const struct statement LIST = { COLUMNS "WHERE ($1 = 0 OR t.account_id = $1) ORDER BY t.id DESC LIMIT $2" };
static const struct statement BY_ID = { COLUMNS "WHERE t.id = $1 AND ($2 = 0 OR t.account_id = $2)" };
static const struct statement FIND = { COLUMNS "WHERE t.hash = $1 AND t.revoked_ms IS NULL AND (t.until_ms IS NULL OR "
	                                       "t.until_ms > $2) AND a.state = 0" };
static const struct statement ACCOUNT = { "SELECT role FROM account WHERE id = $1 AND state = 0" };
static const struct statement ADD = {
	"INSERT INTO api_token (account_id, name, head, hash, scopes, made_ms, until_ms) VALUES ($1,$2,$3,$4,$5,$6,$7)"
};
static const struct statement REVOKE = { "UPDATE api_token SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL" };
static const struct statement TOUCH = { "UPDATE api_token SET seen_ms = $2 WHERE id = $1" };

static void read_token(struct rows *rows, struct arena *arena, void *place)
{
	*(struct token *)place = (struct token) { .id = row_int(rows, "id"),
		                                  .account_id = row_int(rows, "account_id"),
		                                  .account = arena_str(arena, row_text(rows, "account")),
		                                  .name = arena_str(arena, row_text(rows, "name")),
		                                  .head = arena_str(arena, row_text(rows, "head")),
		                                  .scopes = (unsigned)row_int(rows, "scopes"),
		                                  .made_ms = row_int(rows, "made_ms"),
		                                  .until_ms = row_int(rows, "until_ms"),
		                                  .seen_ms = row_int(rows, "seen_ms"),
		                                  .revoked_ms = row_int(rows, "revoked_ms") };
}

static void read_who(struct rows *rows, struct arena *arena, void *place)
{
	struct token_who *who = place;

	read_token(rows, arena, &who->token);
	who->account = (struct account) { .id = who->token.account_id,
		                          .name = who->token.account,
		                          .display = arena_str(arena, row_text(rows, "display")),
		                          .role = (enum role)row_int(rows, "role") };
}

static struct bind bind_hash(const struct digest *hash)
{
	return bind_blob(str_range((const char *)hash->bytes, sizeof(hash->bytes)));
}

int token_list(struct engine *engine, struct arena *arena, int64_t account_id, struct token **ret, size_t *ret_count,
               struct err *err)
{
	const struct selection what = { &LIST, BIND(bind_int(account_id), bind_int(TOKENS_MAX)), TOKENS_MAX,
		                        sizeof(**ret), read_token };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

struct job {
	struct engine *engine;
	struct arena *arena;
	const struct token *asked;
	struct str text; /* of a new one */
	int64_t id, account_id;
	struct token *ret;
};

static int by_id(struct db *db, struct job *job, struct token *ret, struct err *err)
{
	const struct selection what = { &BY_ID, BIND(bind_int(job->id), bind_int(job->account_id)), 1, sizeof(*ret),
		                        read_token };
	bool found;

	if (select_one(db, job->arena, &what, ret, &found, err) < 0)
		return err_pass(err);
	return found ? 0 : err_set(err, ERR_NOT_FOUND, "there is no token %lld", (long long)job->id);
}

static int note(struct db *db, struct job *job, struct str action, const struct token *t, struct str after,
                struct err *err)
{
	const struct audit_entry entry = { .who = str_of(job->engine->who),
		                           .action = action,
		                           .subject = arena_printf(job->arena, "token %lld %.*s/%.*s", (long long)t->id,
		                                                   STR_ARG(t->account), STR_ARG(t->name)),
		                           .after = after };

	return audit_add(db, &entry, err);
}

/* What an account may not do, its tokens may not either: it is said when the token is made, and cut again at each use. */
static int check_new(struct db *db, const struct token *asked, struct err *err)
{
	int64_t role = -1;

	if (asked->name.len == 0 || asked->name.len > NAME_MOST)
		return err_set(err, ERR_DATA, "a token needs a name of 1 to %d characters: what it is for", NAME_MOST);
	if (asked->scopes == 0 || (asked->scopes & ~(unsigned)RIGHTS_ALL))
		return err_set(err, ERR_DATA, "a token needs at least one scope");
	if (asked->until_ms && asked->until_ms <= clock_wall_ms())
		return err_set(err, ERR_DATA, "the token's end is in the past");
	if (db_number(db, &ACCOUNT, BIND(bind_int(asked->account_id)), -1, &role, err) < 0)
		return err_pass(err);
	if (role < 0)
		return err_set(err, ERR_NOT_FOUND, "there is no active account for this token");
	if (asked->scopes & ~role_rights((enum role)role))
		return err_set(err, ERR_CONFLICT, "the role %s does not have all of these scopes",
		               role_name((enum role)role));
	return 0;
}

static int add(struct db *db, void *context, struct err *err)
{
	struct job *job = context;
	const struct token *asked = job->asked;
	struct digest hash = digest_sha256(job->text);

	if (check_new(db, asked, err) < 0 ||
	    db_run(db, &ADD,
	           BIND(bind_int(asked->account_id), bind_text(asked->name),
	                bind_text(str_range(job->text.at, HEAD_LEN)), bind_hash(&hash), bind_int(asked->scopes),
	                bind_int(clock_wall_ms()), bind_id(asked->until_ms)),
	           err) < 0)
		return err_pass(err);
	job->id = db_last_id(db);
	if (by_id(db, job, job->ret, err) < 0)
		return err_pass(err);
	return note(db, job, STR("token added"), job->ret, rights_names(job->arena, asked->scopes), err);
}

int token_add(struct engine *engine, struct arena *arena, const struct token *asked, struct token *ret,
              struct str *ret_text, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT((size_t)128);
	unsigned char bytes[TOKEN_BYTES];
	struct job job = { .engine = engine, .arena = arena, .asked = asked, .ret = ret };

	digest_random(bytes, sizeof(bytes));
	buf_add_c(&text, prefix);
	digest_base64url(&text, str_range((const char *)bytes, sizeof(bytes)));
	*ret_text = job.text = arena_str(arena, buf_str(&text));
	return store_write(engine->store, DURABLE, add, &job, err);
}

static int revoke(struct db *db, void *context, struct err *err)
{
	struct job *job = context;
	struct token t;

	if (by_id(db, job, &t, err) < 0 ||
	    db_run(db, &REVOKE, BIND(bind_int(t.id), bind_int(clock_wall_ms())), err) < 0)
		return err_pass(err);
	return db_changed(db) ? note(db, job, STR("token revoked"), &t, STR_EMPTY, err) : 0;
}

int token_revoke(struct engine *engine, struct arena *arena, int64_t id, int64_t account_id, struct err *err)
{
	struct job job = { .engine = engine, .arena = arena, .id = id, .account_id = account_id };

	return store_write(engine->store, DURABLE, revoke, &job, err);
}

int token_find(struct db *db, struct arena *arena, struct str text, struct token_who *ret, bool *ret_found,
               struct err *err)
{
	struct digest hash = digest_sha256(text);
	const struct selection what = { &FIND, BIND(bind_hash(&hash), bind_int(clock_wall_ms())), 1, sizeof(*ret),
		                        read_who };

	return select_one(db, arena, &what, ret, ret_found, err);
}

int token_touch(struct engine *engine, int64_t id, int64_t now_ms, struct err *err)
{
	return access_touch(engine, &TOUCH, id, now_ms, err);
}
