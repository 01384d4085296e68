/* log and audit: what happened, and who did what. Both the latest first; `next` goes on behind the last one with ?before=. */
#include "api/api_internal.h"

#include "codec/csv.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/journal.h"

enum { EXPORT_MAX = 100000 };

/* ?before= and ?limit=. */
static int page_back(const struct api_call *call, int64_t *ret_before, size_t *ret_limit, struct err *err)
{
	int64_t ignored;

	if (api_query_int(call, "before", 0, ret_before, err) < 0)
		return err_pass(err);
	return api_page(call, &ignored, ret_limit, err);
}

/* ---- log ---- */

static struct json *line_of(struct api_call *call, const struct journal_entry *e)
{
	static const struct api_member members[] = {
		API_MEMBER(struct journal_entry, id, API_INT),
		API_NAMED("at", struct journal_entry, at_ms, API_TIME),
		API_NAMED("run", struct journal_entry, run_id, API_ID),
		API_NAMED("payload", struct journal_entry, staged_id, API_ID),
		API_MEMBER(struct journal_entry, emr_id, API_TEXT),
		API_MEMBER(struct journal_entry, crm_id, API_TEXT),
		API_MEMBER(struct journal_entry, code, API_TEXT),
		API_MEMBER(struct journal_entry, text, API_TEXT),
		{ 0 },
	};
	struct json *line = api_object(call, members, e);

	api_set(call, line, "level", str_of(level_name(e->level)));
	api_set(call, line, "sync", api_sync_name(call, e->sync_id));
	return line;
}

static int read_search(struct api_call *call, struct journal_search *ret, struct err *err)
{
	struct str level = api_query(call, "level");

	*ret = (struct journal_search) { .at_least = LEVEL_INFO,
		                         .record_id = api_query(call, "record"),
		                         .text = api_query(call, "text") };
	if (level.len && !level_of_name(level, &ret->at_least))
		return err_set(err, ERR_USAGE, "?level= is debug, info, error or exception");
	if (page_back(call, &ret->before_id, &ret->limit, err) < 0 || api_query_sync(call, &ret->sync_id, err) < 0 ||
	    api_query_int(call, "run", 0, &ret->run_id, err) < 0 ||
	    api_query_int(call, "payload", 0, &ret->staged_id, err) < 0 ||
	    api_query_time(call, "since", &ret->since_ms, err) < 0 ||
	    api_query_time(call, "until", &ret->until_ms, err) < 0)
		return err_pass(err);
	return 0;
}

static int list_log(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct journal_search search;
	struct journal_entry *all;
	size_t count;

	if (read_search(call, &search, err) < 0 ||
	    journal_find(&call->engine, call->arena, &search, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, line_of(call, &all[i]));
	call->answer = api_list(call, items, count == search.limit, count ? all[count - 1].id : 0);
	return 0;
}

/* ---- audit ---- */

static int read_filter(struct api_call *call, struct audit_filter *ret, struct err *err)
{
	*ret = (struct audit_filter) { .who = api_query(call, "who"),
		                       .action = api_query(call, "action"),
		                       .subject = api_query(call, "subject") };
	if (page_back(call, &ret->before_id, &ret->limit, err) < 0 ||
	    api_query_time(call, "since", &ret->since_ms, err) < 0 ||
	    api_query_time(call, "until", &ret->until_ms, err) < 0)
		return err_pass(err);
	return 0;
}

static int list_audit(struct api_call *call, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct audit_entry, id, API_INT),
		API_NAMED("at", struct audit_entry, at_ms, API_TIME),
		API_MEMBER(struct audit_entry, who, API_TEXT),
		API_MEMBER(struct audit_entry, action, API_TEXT),
		API_MEMBER(struct audit_entry, subject, API_TEXT),
		API_MEMBER(struct audit_entry, before, API_TEXT),
		API_MEMBER(struct audit_entry, after, API_TEXT),
		API_MEMBER(struct audit_entry, why, API_TEXT),
		{ 0 },
	};
	struct json *items = api_new_list(call);
	struct audit_filter filter;
	struct audit_entry *all;
	size_t count;

	if (read_filter(call, &filter, err) < 0 ||
	    audit_find(&call->engine, call->arena, &filter, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, api_object(call, members, &all[i]));
	call->answer = api_list(call, items, count == filter.limit, count ? all[count - 1].id : 0);
	return 0;
}

static void write_csv(const struct api_call *call, struct buf *out, const struct audit_entry *all, size_t count)
{
	buf_add_c(out, "id,at,who,action,subject,before,after,why\r\n");
	for (size_t i = 0; i < count; i++) {
		const struct audit_entry *e = &all[i];
		const struct str cells[] = { arena_printf(call->arena, "%lld", (long long)e->id),
			                     clock_rfc3339(call->arena, e->at_ms),
			                     e->who,
			                     e->action,
			                     e->subject,
			                     e->before,
			                     e->after,
			                     e->why };

		for (size_t c = 0; c < ARRAY_LEN(cells); c++)
			csv_write_cell(out, cells[c], c == 0);
		csv_write_end(out);
	}
}

/* The same filters; up to 100,000 rows. That somebody took the trail with him stands in the trail. */
static int export_audit(struct api_call *call, struct err *err)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_HTTP_BODY);
	struct audit_filter filter;
	struct audit_entry *all;
	size_t count;

	if (read_filter(call, &filter, err) < 0)
		return err_pass(err);
	filter.limit = EXPORT_MAX;
	if (audit_note(&call->engine, "export", STR("audit trail"), STR_EMPTY, STR_EMPTY, NULL, err) < 0 ||
	    audit_find(&call->engine, call->arena, &filter, &all, &count, err) < 0)
		return err_pass(err);
	write_csv(call, &out, all, count);
	if (!buf_ok(&out))
		return err_set(err, ERR_MEMORY_LIMIT, "too many rows; ask for less with ?since= and ?until=");
	call->reply->status = 200;
	call->reply->content_type = "text/csv; charset=utf-8";
	http_reply_header(call->reply, call->arena, "Content-Disposition", STR("attachment; filename=\"audit.csv\""));
	call->reply->body = arena_str(call->arena, buf_str(&out));
	return 0;
}

/* ?expect=: a head that was kept elsewhere. */
static int verify_audit(struct api_call *call, struct err *err)
{
	struct audit_chain chain;
	const char *trouble;

	if (audit_verify(&call->engine, api_query(call, "expect"), &chain, err) < 0)
		return err_pass(err);
	trouble = audit_trouble(call->arena, &chain);
	call->answer = api_new(call);
	api_set_int(call, call->answer, "rows", chain.rows);
	api_set_bool(call, call->answer, "intact", !trouble);
	api_set(call, call->answer, "trouble", str_of(trouble));
	api_set_id(call, call->answer, "broken_row", chain.broken_id);
	api_set_time(call, call->answer, "first", chain.first_ms);
	api_set_time(call, call->answer, "last", chain.last_ms);
	api_set(call, call->answer, "head", audit_head_text(call->arena, &chain));
	return 0;
}

const struct api_route api_log_routes[] = {
	{ "GET", "/log", list_log, RIGHT_SEE },
	{ "GET", "/audit", list_audit, RIGHT_AUDIT },
	{ "GET", "/audit/export", export_audit, RIGHT_AUDIT },
	{ "GET", "/audit/verify", verify_audit, RIGHT_AUDIT },
	{ 0 },
};
