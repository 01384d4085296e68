/*
 * account: rows of `account`. Each change is one durable transaction: read the account, judge, write, audit. What a change makes of sessions is done in the same
 * one.
 */
#include "access/account.h"

#include <string.h>

#include "access/parts.h"
#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/select.h"

enum { NAME_MOST = 64, DISPLAY_MOST = 200, CODE_BYTES = 24, ACCOUNTS_MAX = 10000 };
static const int64_t invited_ms = (int64_t)3 * 24 * 3600 * 1000;

#define COLUMNS                                                                                                        \
	"SELECT a.id, a.name, a.display, a.role, a.state, a.password, a.subject, a.made_ms, a.password_ms, a.seen_ms," \
	" a.invite_until_ms,"                                                                                          \
	" (SELECT COUNT(*) FROM session s WHERE s.account_id = a.id) AS sessions,"                                     \
	" (SELECT COUNT(*) FROM api_token t WHERE t.account_id = a.id AND t.revoked_ms IS NULL) AS tokens"             \
	" FROM account a "

static const struct statement LIST = { COLUMNS "ORDER BY a.name LIMIT $1" };
static const struct statement BY_ID = { COLUMNS "WHERE a.id = $1" };
static const struct statement BY_NAME = { COLUMNS "WHERE a.name = $1" };
static const struct statement BY_SUBJECT = { COLUMNS "WHERE a.subject = $1" };
static const struct statement BY_CODE = { COLUMNS "WHERE a.invite = $1 AND a.invite_until_ms > $2 AND a.state <> 1" };
static const struct statement COUNT = { "SELECT COUNT(*) AS n FROM account" };
static const struct statement OTHER_ADMINS = {
	"SELECT COUNT(*) AS n FROM account WHERE role = $1 AND state = 0 AND id <> $2"
};
static const struct statement ADD = { "INSERT INTO account (name, display, role, state, password, password_ms, "
	                              "subject, invite, invite_until_ms, made_ms)"
	                              " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)" };
static const struct statement CHANGE = { "UPDATE account SET display = $2, role = $3, state = $4 WHERE id = $1" };
static const struct statement INVITE = {
	"UPDATE account SET invite = $2, invite_until_ms = $3, password = NULL, state = $4 WHERE id = $1"
};
static const struct statement SET_PASSWORD = { "UPDATE account SET password = $2, password_ms = $3, state = $4, invite "
	                                       "= NULL, invite_until_ms = NULL WHERE id = $1" };
static const struct statement REHASH = { "UPDATE account SET password = $2 WHERE id = $1" };
static const struct statement SEEN = { "UPDATE account SET seen_ms = $2 WHERE id = $1" };

static const char *const state_names[] = {
	[ACCOUNT_ACTIVE] = "active", [ACCOUNT_DISABLED] = "disabled", [ACCOUNT_INVITED] = "invited"
};

const char *account_state_name(enum account_state state)
{
	return state_names[state];
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	*(struct account *)place = (struct account) {
		.id = row_int(rows, "id"),
		.name = arena_str(arena, row_text(rows, "name")),
		.display = arena_str(arena, row_text(rows, "display")),
		.role = (enum role)row_int(rows, "role"),
		.state = (enum account_state)row_int(rows, "state"),
		.password = arena_str(arena, row_text(rows, "password")),
		.subject = arena_str(arena, row_text(rows, "subject")),
		.made_ms = row_int(rows, "made_ms"),
		.password_ms = row_int(rows, "password_ms"),
		.seen_ms = row_int(rows, "seen_ms"),
		.invited_until_ms = row_int(rows, "invite_until_ms"),
		.sessions = row_int(rows, "sessions"),
		.tokens = row_int(rows, "tokens"),
	};
}

/* ---- reading ---- */

static int one(struct db *db, struct arena *arena, const struct statement *statement, struct binds binds,
               struct account *ret, bool *ret_found, struct err *err)
{
	const struct selection what = { statement, binds, 1, sizeof(*ret), read_row };

	return select_one(db, arena, &what, ret, ret_found, err);
}

/* ERR_NOT_FOUND where nobody has this number. */
static int by_id(struct db *db, struct arena *arena, int64_t id, struct account *ret, struct err *err)
{
	bool found;

	if (one(db, arena, &BY_ID, BIND(bind_int(id)), ret, &found, err) < 0)
		return err_pass(err);
	return found ? 0 : err_set(err, ERR_NOT_FOUND, "there is no account %lld", (long long)id);
}

int account_read(struct db *db, struct arena *arena, struct str name, struct account *ret, bool *ret_found,
                 struct err *err)
{
	return one(db, arena, &BY_NAME, BIND(bind_text(name)), ret, ret_found, err);
}

int account_read_subject(struct db *db, struct arena *arena, struct str subject, struct account *ret, bool *ret_found,
                         struct err *err)
{
	return one(db, arena, &BY_SUBJECT, BIND(bind_text(subject)), ret, ret_found, err);
}

int account_list(struct engine *engine, struct arena *arena, struct account **ret, size_t *ret_count, struct err *err)
{
	const struct selection what = { &LIST, BIND(bind_int(ACCOUNTS_MAX)), ACCOUNTS_MAX, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

/* The first row of a statement, in a read of its own. */
static int look_up(struct engine *engine, struct arena *arena, const struct statement *statement, struct binds binds,
                   struct account *ret, bool *ret_found, struct err *err)
{
	const struct selection what = { statement, binds, 1, sizeof(*ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret_found = found.count > 0;
	if (found.count)
		memcpy(ret, found.at, sizeof(*ret));
	return 0;
}

int account_get(struct engine *engine, struct arena *arena, int64_t id, struct account *ret, struct err *err)
{
	bool found;

	if (look_up(engine, arena, &BY_ID, BIND(bind_int(id)), ret, &found, err) < 0)
		return err_pass(err);
	return found ? 0 : err_set(err, ERR_NOT_FOUND, "there is no account %lld", (long long)id);
}

int account_find(struct engine *engine, struct arena *arena, struct str name, struct account *ret, struct err *err)
{
	struct str spelled;
	bool found;

	if (account_name(arena, name, &spelled, err) < 0 ||
	    look_up(engine, arena, &BY_NAME, BIND(bind_text(spelled)), ret, &found, err) < 0)
		return err_pass(err);
	return found ? 0
	             : err_set(err, ERR_NOT_FOUND, "there is no account '%.*s'; `suture account list` shows them",
	                       STR_ARG(spelled));
}

static int count(struct db *db, void *context, struct err *err)
{
	return db_number(db, &COUNT, BIND_NOTHING, 0, context, err);
}

int account_count(struct engine *engine, int64_t *ret, struct err *err)
{
	return store_read(engine->store, count, ret, err);
}

/* ---- names and codes ---- */

int account_name(struct arena *arena, struct str given, struct str *ret, struct err *err)
{
	struct str trimmed = str_trim(given);
	char *name = arena_text(arena, trimmed);

	if (trimmed.len == 0 || trimmed.len > NAME_MOST)
		return err_set(err, ERR_DATA, "a sign-in name has 1 to %d characters", NAME_MOST);
	for (size_t i = 0; i < trimmed.len; i++) {
		name[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._-@+", name[i]))
			return err_set(err, ERR_DATA,
			               "a sign-in name takes letters a to z, digits and . _ - @ + (what people see may "
			               "be anything: that is "
			               "the display name)");
	}
	*ret = str_range(name, trimmed.len);
	return 0;
}

static struct str new_code(struct arena *arena)
{
	SCOPED(buf) struct buf text = BUF_INIT(2 * CODE_BYTES);
	char bytes[CODE_BYTES];

	digest_random(bytes, sizeof(bytes));
	digest_base64url(&text, str_range(bytes, sizeof(bytes)));
	return arena_str(arena, buf_str(&text));
}

static struct str hash_of(struct arena *arena, struct str code)
{
	struct digest hash = digest_sha256(code);

	return arena_str(arena, str_range((const char *)hash.bytes, sizeof(hash.bytes)));
}

static int no_invitation(struct err *err)
{
	return err_set(err, ERR_AUTH, "this invitation is used up or too old; ask an administrator for a new one");
}

int account_of_code(struct engine *engine, struct arena *arena, struct str code, struct account *ret, struct err *err)
{
	bool found;

	if (look_up(engine, arena, &BY_CODE, BIND(bind_blob(hash_of(arena, code)), bind_int(clock_wall_ms())), ret,
	            &found, err) < 0)
		return err_pass(err);
	return found ? 0 : no_invitation(err);
}

/* ---- changes ---- */

static struct str subject_of(struct arena *arena, const struct account *a)
{
	return arena_printf(arena, "account %.*s", STR_ARG(a->name));
}

static struct str shown(struct arena *arena, const struct account *a)
{
	return arena_printf(arena, "%s, %s, %.*s", role_name(a->role), account_state_name(a->state),
	                    STR_ARG(a->display));
}

static int note(struct db *db, struct engine *engine, struct str action, struct str subject, struct str before,
                struct str after, struct str why, struct err *err)
{
	const struct audit_entry entry = { .who = str_of(engine->who),
		                           .action = action,
		                           .subject = subject,
		                           .before = before,
		                           .after = after,
		                           .why = why };

	return audit_add(db, &entry, err);
}

/* One change under way. */
struct job {
	struct engine *engine;
	struct arena *arena;
	int64_t id;
	const struct account_new *fresh;
	const struct account_change *change;
	struct str code; /* of a new invitation */
	struct str password;
	int64_t keep_session;
	const char *why;
	struct account *ret;
};

static int check_new(struct db *db, const struct job *job, struct str name, struct err *err)
{
	struct account there;
	int64_t already = 0;
	bool found;

	if (db_number(db, &COUNT, BIND_NOTHING, 0, &already, err) < 0 ||
	    account_read(db, job->arena, name, &there, &found, err) < 0)
		return err_pass(err);
	if (job->fresh->only_first && already > 0)
		return err_set(err, ERR_CONFLICT, "there is an account already: sign in, or ask who has it");
	if (found)
		return err_set(err, ERR_CONFLICT, "there is an account '%.*s' already", STR_ARG(name));
	return 0;
}

static int add(struct db *db, void *context, struct err *err)
{
	struct job *job = context;
	const struct account_new *n = job->fresh;
	const int64_t now = clock_wall_ms();
	const bool invited = job->code.len > 0;
	struct str display, name;

	if (account_name(job->arena, n->name, &name, err) < 0 || check_new(db, job, name, err) < 0)
		return err_pass(err);
	display = str_trim(n->display);
	if (display.len == 0)
		display = name;
	if (display.len > DISPLAY_MOST)
		return err_set(err, ERR_DATA, "a display name has %d characters at most", DISPLAY_MOST);
	if (db_run(db, &ADD,
	           BIND(bind_text(name), bind_text(display), bind_int(n->role),
	                bind_int(invited ? ACCOUNT_INVITED : ACCOUNT_ACTIVE), bind_text_or_null(n->password),
	                bind_id(n->password.len ? now : 0), bind_text_or_null(n->subject),
	                invited ? bind_blob(hash_of(job->arena, job->code)) : bind_null(),
	                bind_id(invited ? now + invited_ms : 0), bind_int(now)),
	           err) < 0 ||
	    by_id(db, job->arena, db_last_id(db), job->ret, err) < 0)
		return err_pass(err);
	return note(db, job->engine, STR("account added"), subject_of(job->arena, job->ret), STR_EMPTY,
	            shown(job->arena, job->ret), STR_EMPTY, err);
}

int account_add(struct engine *engine, struct arena *arena, const struct account_new *asked, struct account *ret,
                struct str *ret_code, struct err *err)
{
	const bool invited = asked->password.len == 0 && asked->subject.len == 0;
	struct job job = { .engine = engine, .arena = arena, .fresh = asked, .ret = ret };

	*ret_code = job.code = invited ? new_code(arena) : STR_EMPTY;
	if (store_write(engine->store, DURABLE, add, &job, err) < 0)
		return err_pass(err);
	setup_code_remove(engine->dir); /* somebody is there: nobody is the first one any more */
	return 0;
}

static int invite(struct db *db, void *context, struct err *err)
{
	struct job *job = context;
	struct account a;

	if (by_id(db, job->arena, job->id, &a, err) < 0)
		return err_pass(err);
	if (a.state == ACCOUNT_DISABLED)
		return err_set(err, ERR_CONFLICT, "the account '%.*s' is disabled: enable it first", STR_ARG(a.name));
	if (a.subject.len)
		return err_set(err, ERR_CONFLICT, "'%.*s' signs in at the identity provider and has no password here",
		               STR_ARG(a.name));
	if (db_run(db, &INVITE,
	           BIND(bind_int(a.id), bind_blob(hash_of(job->arena, job->code)),
	                bind_int(clock_wall_ms() + invited_ms), bind_int(ACCOUNT_INVITED)),
	           err) < 0 ||
	    session_end_all(db, a.id, 0, err) < 0)
		return err_pass(err);
	return note(db, job->engine, STR("account invited"), subject_of(job->arena, &a), shown(job->arena, &a),
	            STR_EMPTY, STR_EMPTY, err);
}

int account_invite(struct engine *engine, struct arena *arena, int64_t id, struct str *ret_code, struct err *err)
{
	struct job job = { .engine = engine, .arena = arena, .id = id, .code = new_code(arena) };

	*ret_code = job.code;
	return store_write(engine->store, DURABLE, invite, &job, err);
}

static enum account_state state_after(const struct account *a, const bool *disabled)
{
	if (!disabled || *disabled)
		return disabled ? ACCOUNT_DISABLED : a->state;
	if (a->state != ACCOUNT_DISABLED)
		return a->state;
	return a->password.len || a->subject.len ? ACCOUNT_ACTIVE : ACCOUNT_INVITED;
}

/* Who may manage accounts must not lock himself and everybody else out of doing so. */
static int keep_an_admin(struct db *db, const struct account *before, const struct account *after, struct err *err)
{
	int64_t others = 0;

	if (before->role != ROLE_ADMIN || before->state != ACCOUNT_ACTIVE ||
	    (after->role == ROLE_ADMIN && after->state == ACCOUNT_ACTIVE))
		return 0;
	if (db_number(db, &OTHER_ADMINS, BIND(bind_int(ROLE_ADMIN), bind_int(before->id)), 0, &others, err) < 0)
		return err_pass(err);
	if (others == 0)
		return err_set(err, ERR_CONFLICT, "'%.*s' is the last administrator: make somebody else one first",
		               STR_ARG(before->name));
	return 0;
}

static int change(struct db *db, void *context, struct err *err)
{
	struct job *job = context;
	const struct account_change *c = job->change;
	struct account a, after;

	if (by_id(db, job->arena, job->id, &a, err) < 0)
		return err_pass(err);
	after = a;
	after.display = c->display.len ? str_trim(c->display) : a.display;
	after.role = c->role ? *c->role : a.role;
	after.state = state_after(&a, c->disabled);
	if (after.display.len > DISPLAY_MOST)
		return err_set(err, ERR_DATA, "a display name has %d characters at most", DISPLAY_MOST);
	if (keep_an_admin(db, &a, &after, err) < 0 ||
	    db_run(db, &CHANGE,
	           BIND(bind_int(a.id), bind_text(after.display), bind_int(after.role), bind_int(after.state)),
	           err) < 0)
		return err_pass(err);
	if (after.state == ACCOUNT_DISABLED && session_end_all(db, a.id, 0, err) < 0)
		return err_pass(err);
	*job->ret = after;
	return note(db, job->engine, STR("account changed"), subject_of(job->arena, &a), shown(job->arena, &a),
	            shown(job->arena, &after), STR_EMPTY, err);
}

int account_change(struct engine *engine, struct arena *arena, int64_t id, const struct account_change *asked,
                   struct account *ret, struct err *err)
{
	struct job job = { .engine = engine, .arena = arena, .id = id, .change = asked, .ret = ret };

	return store_write(engine->store, DURABLE, change, &job, err);
}

static int put_password(struct db *db, struct job *job, const struct account *a, struct err *err)
{
	const enum account_state state = a->state == ACCOUNT_DISABLED ? ACCOUNT_DISABLED : ACCOUNT_ACTIVE;

	if (db_run(db, &SET_PASSWORD,
	           BIND(bind_int(a->id), bind_text(job->password), bind_int(clock_wall_ms()), bind_int(state)),
	           err) < 0 ||
	    session_end_all(db, a->id, job->keep_session, err) < 0)
		return err_pass(err);
	return note(db, job->engine, STR("password set"), subject_of(job->arena, a), STR_EMPTY, STR_EMPTY,
	            str_of(job->why), err);
}

static int set_password(struct db *db, void *context, struct err *err)
{
	struct job *job = context;
	struct account a;

	if (by_id(db, job->arena, job->id, &a, err) < 0)
		return err_pass(err);
	return put_password(db, job, &a, err);
}

/* The code is looked at again here: of two who come with it at the same moment one is late. */
static int accept(struct db *db, void *context, struct err *err)
{
	struct job *job = context;
	bool found;

	if (one(db, job->arena, &BY_CODE, BIND(bind_blob(hash_of(job->arena, job->code)), bind_int(clock_wall_ms())),
	        job->ret, &found, err) < 0)
		return err_pass(err);
	return found ? put_password(db, job, job->ret, err) : no_invitation(err);
}

int account_accept(struct engine *engine, struct arena *arena, struct str code, struct str hashed, struct account *ret,
                   struct err *err)
{
	struct job job = { .engine = engine,
		           .arena = arena,
		           .code = code,
		           .password = hashed,
		           .why = "with an invitation",
		           .ret = ret };

	return store_write(engine->store, DURABLE, accept, &job, err);
}

int account_set_password(struct engine *engine, int64_t id, struct str hashed, int64_t keep_session, const char *why,
                         struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct job job = { .engine = engine,
		           .arena = &arena,
		           .id = id,
		           .password = hashed,
		           .keep_session = keep_session,
		           .why = why };

	return store_write(engine->store, DURABLE, set_password, &job, err);
}

int account_seen(struct db *db, int64_t id, int64_t now_ms, struct err *err)
{
	return db_run(db, &SEEN, BIND(bind_int(id), bind_int(now_ms)), err);
}

int account_rehash(struct db *db, int64_t id, struct str hashed, struct err *err)
{
	return db_run(db, &REHASH, BIND(bind_int(id), bind_text(hashed)), err);
}

struct touch {
	const struct statement *statement;
	int64_t id, now_ms;
};

static int touch(struct db *db, void *context, struct err *err)
{
	const struct touch *t = context;

	return db_run(db, t->statement, BIND(bind_int(t->id), bind_int(t->now_ms)), err);
}

int access_touch(struct engine *engine, const struct statement *statement, int64_t id, int64_t now_ms, struct err *err)
{
	struct touch t = { statement, id, now_ms };

	return store_write(engine->store, RELAXED, touch, &t, err);
}
