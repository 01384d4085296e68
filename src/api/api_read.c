/* What was asked: path, query, body. Errors name the parameter and never repeat what stood in it (R41). */
#include "api/api_internal.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/catalog.h"

enum { PAGE = 100 };

struct str api_param(const struct api_call *call, const char *name)
{
	return http_param(call->asked, name);
}

struct str api_query(const struct api_call *call, const char *name)
{
	return http_query(call->asked, name);
}

int api_query_int(const struct api_call *call, const char *name, int64_t fallback, int64_t *ret, struct err *err)
{
	struct str text = api_query(call, name);

	*ret = fallback;
	if (text.len == 0 || (str_to_i64(text, ret) && *ret >= 0))
		return 0;
	return err_set(err, ERR_USAGE, "?%s= has to be a whole number", name);
}

bool api_query_is(const struct api_call *call, const char *name)
{
	struct str text = api_query(call, name);

	return str_eq_c(text, "1") || str_eq_c(text, "true");
}

int api_page(const struct api_call *call, int64_t *ret_after, size_t *ret_limit, struct err *err)
{
	int64_t limit;

	if (api_query_int(call, "after", 0, ret_after, err) < 0 || api_query_int(call, "limit", PAGE, &limit, err) < 0)
		return err_pass(err);
	if (limit < 1 || limit > LIMIT_API_PAGE)
		return err_set(err, ERR_USAGE, "?limit= has to be between 1 and %d", LIMIT_API_PAGE);
	*ret_limit = (size_t)limit;
	return 0;
}

int api_id(const struct api_call *call, const char *name, int64_t *ret, struct err *err)
{
	if (str_to_i64(api_param(call, name), ret) && *ret > 0)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "there is no such %s: it is named by a number", name);
}

int api_query_time(const struct api_call *call, const char *name, int64_t *ret, struct err *err)
{
	struct str text = api_query(call, name);

	*ret = 0;
	if (text.len == 0 || clock_parse(text, ret))
		return 0;
	return err_set(err, ERR_USAGE, "?%s= has to be a time such as 2026-11-21T09:00:00Z", name);
}

struct str api_public_base(const struct api_call *call)
{
	struct str base = call->api->options.public_base;

	if (base.len == 0)
		return arena_printf(call->arena, "%s://%.*s", call->asked->tls ? "https" : "http",
		                    STR_ARG(http_asked_header(call->asked, "Host")));
	while (str_ends(base, STR("/")))
		base.len--;
	return base;
}

/* ---- the body ---- */

int api_text(const struct api_call *call, const char *name, struct str *ret, struct err *err)
{
	const struct json *member = json_get(call->body, name);

	*ret = STR_EMPTY;
	if (json_is_null(member))
		return 0;
	if (member->kind != JSON_STRING)
		return err_set(err, ERR_DATA, "'%s' has to be a text", name);
	*ret = member->text;
	return 0;
}

int api_need_text(const struct api_call *call, const char *name, struct str *ret, struct err *err)
{
	if (api_text(call, name, ret, err) < 0)
		return err_pass(err);
	if (str_trim(*ret).len == 0)
		return err_set(err, ERR_DATA, "'%s' is missing", name);
	return 0;
}

int api_int(const struct api_call *call, const char *name, int64_t fallback, int64_t *ret, struct err *err)
{
	const struct json *member = json_get(call->body, name);

	*ret = fallback;
	if (json_is_null(member))
		return 0;
	if (member->kind != JSON_NUMBER || !str_to_i64(member->text, ret))
		return err_set(err, ERR_DATA, "'%s' has to be a whole number", name);
	return 0;
}

int api_bool(const struct api_call *call, const char *name, bool fallback, bool *ret, struct err *err)
{
	const struct json *member = json_get(call->body, name);

	*ret = json_bool(member, fallback);
	if (json_is_null(member) || member->kind == JSON_TRUE || member->kind == JSON_FALSE)
		return 0;
	return err_set(err, ERR_DATA, "'%s' has to be true or false", name);
}

int api_why(const struct api_call *call, const char **ret, struct err *err)
{
	struct str why;

	if (api_text(call, "why", &why, err) < 0)
		return err_pass(err);
	why = str_trim(why);
	*ret = why.len ? arena_text(call->arena, why) : NULL;
	return 0;
}

int api_side(struct str word, enum side *ret, struct err *err)
{
	*ret = str_eq_c(word, "crm") ? SIDE_CRM : SIDE_EMR;
	if (*ret == SIDE_CRM || str_eq_c(word, "emr"))
		return 0;
	return err_set(err, ERR_DATA, "a side is \"emr\" or \"crm\"");
}

static void close_plan(void *context)
{
	struct plan *plan = context;

	plan_close(&plan);
}

int api_plan_named(struct api_call *call, struct str sync, struct plan **ret, struct err *err)
{
	if (plan_open(&call->engine, sync, ret, err) < 0)
		return err_pass(err);
	arena_on_release(call->arena, close_plan, *ret);
	return 0;
}

int api_plan(struct api_call *call, struct plan **ret, struct err *err)
{
	return api_plan_named(call, api_param(call, "sync"), ret, err);
}

static int read_syncs(struct api_call *call, struct err *err)
{
	struct sync_row *rows;

	if (call->syncs)
		return 0;
	if (catalog_syncs(&call->engine, call->arena, &rows, &call->sync_count, err) < 0)
		return err_pass(err);
	call->syncs = rows;
	return 0;
}

static int find_sync(struct api_call *call, struct str name, int64_t id, struct sync_row *ret, struct err *err)
{
	if (read_syncs(call, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < call->sync_count; i++) {
		const struct sync_row *row = &call->syncs[i];

		if (id ? row->id == id : str_eq(row->name, name)) {
			*ret = *row;
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "there is no such sync; GET /api/v1/syncs lists them");
}

int api_query_sync(struct api_call *call, int64_t *ret, struct err *err)
{
	struct str name = api_query(call, "sync");
	struct sync_row row = { 0 };

	if (name.len && find_sync(call, name, 0, &row, err) < 0)
		return err_pass(err);
	*ret = row.id;
	return 0;
}

struct str api_sync_name(struct api_call *call, int64_t sync_id)
{
	struct err ignored = ERR_INIT;
	struct sync_row row;

	return sync_id && find_sync(call, STR_EMPTY, sync_id, &row, &ignored) == 0 ? row.name : STR_EMPTY;
}
