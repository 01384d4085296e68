/*
 * A connector over memory, in the order in which one writes a connector: calls (check, describe, list, fetch, write), settings, the
 * constant table at the end. What a real one does over HTTP happens here under a lock, among the records of memory_shelf.c.
 */
#include "connectors/memory_internal.h"

#include "codec/fold.h"
#include "lib/clock.h"

/* Its answer lies ready since X_start. */
struct memory_call_data {
	struct call call; /* first */
	struct arena arena;
	struct err failed;
	struct row {
		struct str text, by; /* JSON; empty: not there */
	} * rows;
	struct page page; /* without records */
	struct write_result *results;
	size_t count;
};

/* ---- calls ---- */

static void data_free(struct memory_call_data **data)
{
	struct arena arena = (*data)->arena;

	*data = NULL;
	arena_release(&arena);
}

static void data_cancel(struct call *call)
{
	struct memory_call_data *data = (struct memory_call_data *)call;

	data_free(&data);
}

static struct memory_call_data *data_new(struct connection *c)
{
	struct arena arena = ARENA_INIT;
	struct memory_call_data *data = arena_new(&arena, struct memory_call_data);

	data->arena = arena;
	data->call = (struct call) { .connection = c, .cancel = data_cancel };
	return data;
}

bool memory_begin(struct memory *m, enum memory_call which, struct err *ret_failed)
{
	struct fault *fault = &m->faults[which];

	m->calls[which]++;
	if (m->down) {
		err_set(ret_failed, ERR_NETWORK, "the test wanted this system to be down");
		return false;
	}
	if (fault->nth == 0 || --fault->nth > 0)
		return true;
	err_set(ret_failed, fault->code, "the test wanted this call to fail");
	return fault->after;
}

static int told(const struct err *failed, struct err *err)
{
	return failed->code ? err_set(err, failed->code, "%s", failed->text) : 0;
}

static int memory_check(struct connection *c, struct arena *arena UNUSED, struct str *ret_who, struct err *err)
{
	struct memory *m = memory_of(c);
	struct err failed = ERR_INIT;

	memory_lock(m);
	memory_begin(m, MEMORY_CHECK, &failed);
	memory_unlock(m);
	if (failed.code)
		return told(&failed, err);
	*ret_who = STR("memory");
	return 0;
}

/* The members of the first record: all of them texts that anybody may write. */
static void describe_record(struct arena *arena, const struct memory *m, const struct json *record,
                            struct object_info *ret)
{
	ret->fields = arena_new_array(arena, struct field_info, record ? record->count : 0);
	JSON_EACH (record, member) {
		bool ours = !str_eq(member->key, m->id) && !str_eq(member->key, m->version);

		ret->fields[ret->field_count++] = (struct field_info) {
			.name = member->key,
			.label = member->key,
			.type = FIELD_TEXT,
			.createable = ours,
			.updateable = ours,
			.external_id = str_eq(member->key, m->base.traits.reference_field),
			.unique = str_eq(member->key, m->base.traits.reference_field),
		};
	}
}

static int memory_describe(struct connection *c, struct arena *arena, struct str object, struct object_info *ret,
                           struct err *err)
{
	struct memory *m = memory_of(c);
	struct err failed = ERR_INIT;
	struct object_info info = { .name = arena_str(arena, object), .label = arena_str(arena, object) };
	const struct shelf *shelf;

	memory_lock(m);
	memory_begin(m, MEMORY_DESCRIBE, &failed);
	shelf = memory_shelf(m, object);
	describe_record(arena, m, shelf->first ? memory_parse(arena, arena_str(arena, shelf->first->text)) : NULL,
	                &info);
	memory_unlock(m);
	if (failed.code)
		return told(&failed, err);
	*ret = info;
	return 0;
}

static bool among(const struct str *ids, size_t count, struct str id)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(ids[i], id))
			return true;
	return count == 0;
}

static bool wanted(const struct stored *s, const struct list_request *request)
{
	if ((s->deleted && request->live_only) || !among(request->ids, request->id_count, s->id))
		return false;
	for (size_t i = 0; i < request->equal_count; i++)
		if (!memory_has_value(s, request->equals[i].field, request->equals[i].value))
			return false;
	return true;
}

static void list_rows(struct memory *m, struct memory_call_data *data, const struct list_request *request, size_t from,
                      size_t size)
{
	const struct shelf *shelf = memory_shelf(m, request->object);
	size_t n = 0;

	data->rows = arena_new_array(&data->arena, struct row, size + 1);
	for (const struct stored *s = shelf->first; s; s = s->next) {
		if (!wanted(s, request))
			continue;
		if (n >= from && data->count < size)
			data->rows[data->count++] = (struct row) { s->text, s->by };
		n++;
	}
	data->page.total = (int64_t)n;
	data->page.server_ms = m->now_ms;
	data->page.last = from + data->count >= n;
	if (!data->page.last)
		data->page.next_cursor =
		        arena_printf(&data->arena, "%zu", from + data->count - m->base.traits.pages_overlap);
}

static struct call *memory_list_start(struct connection *c, const struct list_request *request)
{
	struct memory *m = memory_of(c);
	struct memory_call_data *data = data_new(c);
	size_t size = request->page_size ? request->page_size : c->traits.page_size;
	int64_t from = 0;

	memory_lock(m);
	if (!memory_begin(m, MEMORY_LIST, &data->failed))
		;
	else if (request->where.len)
		err_set(&data->failed, ERR_UNSUPPORTED, "memory has no filter language");
	else if (request->cursor.len && (!str_to_i64(request->cursor, &from) || from < 0))
		err_set(&data->failed, ERR_DATA, "the page mark is none of ours");
	else
		list_rows(m, data, request, (size_t)from, size);
	memory_unlock(m);
	return &data->call;
}

void memory_record(const struct memory *m, struct arena *arena, struct str text, struct str by, struct record *ret)
{
	struct err err = ERR_INIT;
	struct json *json;

	*ret = (struct record) { .bytes = arena_str(arena, text), .modified_by = arena_str(arena, by) };
	if (text.len == 0) {
		ret->fault = "not there";
		return;
	}
	if (json_parse(arena, ret->bytes, &json, &err) < 0) {
		ret->fault = arena_text(arena, str_of(err.text));
		return;
	}
	ret->id = json_text(json_get_str(json, m->id));
	if (ret->id.len == 0) {
		ret->fault = "the row has no id";
		return;
	}
	ret->json = json;
	ret->merged_into = json_text(json_get_str(json, m->merged));
	ret->deleted = json_bool(json_get_str(json, m->deleted), false);
	if (!m->base.traits.has_times)
		return;
	ret->version = json_text(json_get_str(json, m->version));
	clock_parse(ret->version, &ret->modified_ms);
}

static int page_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct memory_call_data *data = (struct memory_call_data *)*call;
	struct page page = data->page;
	int code = told(&data->failed, err);

	if (code == 0) {
		page.count = data->count;
		page.records = arena_new_array(arena, struct record, page.count + 1);
		page.next_cursor = arena_str(arena, page.next_cursor);
		for (size_t i = 0; i < page.count; i++)
			memory_record(memory_of(data->call.connection), arena, data->rows[i].text, data->rows[i].by,
			              &page.records[i]);
		*ret = page;
	}
	data_free(&data);
	*call = NULL;
	return code;
}

static struct call *memory_fetch_start(struct connection *c, const struct fetch_request *request)
{
	struct memory *m = memory_of(c);
	struct memory_call_data *data = data_new(c);
	const struct shelf *shelf;

	memory_lock(m);
	shelf = memory_shelf(m, request->object);
	data->count = memory_begin(m, MEMORY_FETCH, &data->failed) ? request->id_count : 0;
	data->page = (struct page) { .last = true, .total = (int64_t)data->count };
	data->rows = arena_new_array(&data->arena, struct row, data->count + 1);
	for (size_t i = 0; i < data->count; i++) {
		const struct stored *s = memory_find_id(shelf, request->ids[i]);

		if (!s)
			s = memory_find_key(shelf, c->traits.reference_field, request->ids[i]);
		if (s && !s->deleted)
			data->rows[i] = (struct row) { s->text, s->by };
	}
	memory_unlock(m);
	return &data->call;
}

/* ---- changes and search ---- */

/* The last change that was given: "AGE.NUMBER@TIME"; a "+" behind it: the walk goes on, without overlap. */
struct mark {
	int64_t change, time_ms;
};

static bool mark_read(struct str text, int64_t *ret_age, struct mark *ret, bool *ret_going)
{
	struct str age, number, time = text;

	*ret_going = str_ends(text, STR("+"));
	time.len -= *ret_going;
	return str_split(&time, '.', &age) && str_split(&time, '@', &number) && str_to_i64(age, ret_age) &&
	       str_to_i64(number, &ret->change) && str_to_i64(time, &ret->time_ms);
}

static struct str mark_text(const struct memory *m, struct arena *arena, struct mark mark, bool going)
{
	return arena_printf(arena, "%" PRId64 ".%" PRId64 "@%" PRId64 "%s", m->age, mark.change, mark.time_ms,
	                    going ? "+" : "");
}

/* The oldest change with a number or a time above these. */
static const struct stored *next_change(const struct shelf *shelf, struct mark after)
{
	const struct stored *found = NULL;

	for (const struct stored *s = shelf->first; s; s = s->next)
		if ((s->change > after.change || s->time_ms > after.time_ms) && (!found || s->change < found->change))
			found = s;
	return found;
}

/* The number of the last change up to a time. */
static int64_t change_at(const struct shelf *shelf, int64_t time_ms)
{
	int64_t change = 0;

	for (const struct stored *s = shelf->first; s; s = s->next)
		if (s->time_ms <= time_ms)
			change = MAX_OF(change, s->change);
	return change;
}

/* Where a walk begins (`after`), and what its mark is if it finds nothing (`reached`). */
static int changes_from(struct memory *m, const struct changes_request *request, struct mark *ret_after,
                        struct mark *ret_reached, struct err *err)
{
	struct mark reached = { change_at(memory_shelf(m, request->object), request->since_ms - 1),
		                request->since_ms - 1 };
	int64_t age = m->age;
	bool going = true;

	if (request->cursor.len && !mark_read(request->cursor, &age, &reached, &going))
		return err_set(err, ERR_GONE, "the change mark is none of ours");
	if (age != m->age)
		return err_set(err, ERR_GONE, "the change mark is too old");
	if (request->cursor.len == 0 && request->since_ms == 0)
		reached = (struct mark) { m->changes, m->now_ms };
	*ret_reached = reached;
	*ret_after = (struct mark) { reached.change, going ? INT64_MAX : reached.time_ms - request->overlap_ms };
	return 0;
}

static void changes_rows(struct memory *m, struct memory_call_data *data, const struct changes_request *request,
                         struct mark after, struct mark reached)
{
	const struct shelf *shelf = memory_shelf(m, request->object);
	size_t size = request->page_size ? request->page_size : m->base.traits.page_size;
	int64_t youngest = m->by_clock ? m->now_ms - request->lag_ms : INT64_MAX;
	const struct stored *s = next_change(shelf, after);

	data->rows = arena_new_array(&data->arena, struct row, size + 1);
	for (; s && s->time_ms <= youngest && data->count < size; s = next_change(shelf, after)) {
		data->rows[data->count++] = (struct row) { s->text, s->by };
		after = (struct mark) { s->change, INT64_MAX };
		if (s->change > reached.change)
			reached = (struct mark) { s->change, s->time_ms };
	}
	data->page.last = !s || s->time_ms > youngest;
	data->page.total = -1;
	data->page.server_ms = m->now_ms;
	data->page.next_cursor = mark_text(m, &data->arena, data->page.last ? reached : after, !data->page.last);
}

static struct call *memory_changes_start(struct connection *c, const struct changes_request *request)
{
	struct memory *m = memory_of(c);
	struct memory_call_data *data = data_new(c);
	struct mark after, reached;

	memory_lock(m);
	if (memory_begin(m, MEMORY_CHANGES, &data->failed) &&
	    changes_from(m, request, &after, &reached, &data->failed) == 0)
		changes_rows(m, data, request, after, reached);
	memory_unlock(m);
	return &data->call;
}

/* Every word of the text stands somewhere in the record. */
static bool matches(struct str text, const struct stored *s)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct str words = fold_search(&scratch, text), word, all = fold_search(&scratch, s->text);

	if (s->deleted || words.len == 0)
		return false;
	while (str_split(&words, ' ', &word))
		if (str_find(all, word) < 0)
			return false;
	return true;
}

static struct call *memory_search_start(struct connection *c, const struct search_request *request)
{
	struct memory *m = memory_of(c);
	struct memory_call_data *data = data_new(c);
	size_t limit = request->limit ? request->limit : 20;
	bool works;

	memory_lock(m);
	works = memory_begin(m, MEMORY_SEARCH, &data->failed);
	data->rows = arena_new_array(&data->arena, struct row, limit + 1);
	for (const struct stored *s = memory_shelf(m, request->object)->first; s && works; s = s->next)
		if (data->count < limit && matches(request->text, s))
			data->rows[data->count++] = (struct row) { s->text, s->by };
	data->page = (struct page) { .last = true, .total = (int64_t)data->count, .server_ms = m->now_ms };
	memory_unlock(m);
	return &data->call;
}

/* ---- writes ---- */

static bool refused(struct memory *m, const struct write_item *item, struct write_result *ret)
{
	const struct refusal *refusal = map_get(&m->refusals, item->id.len ? item->id : item->key);

	if (!refusal || refusal->outcome == DELIVERED)
		return false;
	*ret = (struct write_result) { .outcome = refusal->outcome,
		                       .code = refusal->code,
		                       .advice = STR("the test refused it") };
	return true;
}

static void write_one(struct memory *m, struct shelf *shelf, const struct write_item *item, struct write_result *ret)
{
	struct stored *there = item->op == WRITE_CREATE || item->op == WRITE_UPSERT
	                               ? memory_find_key(shelf, item->key_field, item->key)
	                               : memory_find_id(shelf, item->id);
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct json *fields = item->fields ? json_copy(&scratch, item->fields) : json_new(&scratch, JSON_OBJECT);

	*ret = (struct write_result) { .outcome = DELIVERED, .created = !there };
	if (refused(m, item, ret))
		return;
	if (item->id.len && (!there || there->deleted)) {
		ret->created = false;
		ret->outcome = item->op == WRITE_DELETE ? DELIVERED : GONE;
		ret->code = STR("NOT_FOUND");
		return;
	}
	if (m->conditions && item->version.len && !memory_has_value(there, m->version, item->version)) {
		*ret = (struct write_result) { .outcome = CHANGED, .code = STR("CHANGED") };
		return;
	}
	if (item->key_field.len && item->key.len)
		json_set(fields, item->key_field, json_new_text(&scratch, item->key));
	if (item->op == WRITE_DELETE)
		memory_delete(m, shelf, there, m->base.traits.our_user);
	else
		there = memory_store(m, shelf, there, STR_EMPTY, fields, m->base.traits.our_user);
	m->written++;
	ret->id = there->id;
	ret->record.bytes = item->op == WRITE_DELETE || !m->base.traits.answers_with_record ? STR_EMPTY : there->text;
}

static struct call *memory_write_start(struct connection *c, const struct write_request *request)
{
	struct memory *m = memory_of(c);
	struct memory_call_data *data = data_new(c);
	bool surely_once =
	        request->items[0].op != WRITE_CREATE || (request->items[0].key_field.len && request->items[0].key.len);

	ensure(request->item_count && request->item_count <= c->traits.write_batch);
	data->count = request->item_count;
	data->results = arena_new_array(&data->arena, struct write_result, data->count);
	memory_lock(m);
	if (memory_begin(m, MEMORY_WRITE, &data->failed))
		for (size_t i = 0; i < data->count; i++)
			write_one(m, memory_shelf(m, request->object), &request->items[i], &data->results[i]);
	memory_unlock(m);
	if (data->failed.code == 0 || surely_once || data->results[0].outcome != DELIVERED ||
	    data->results[0].id.len == 0)
		return &data->call;
	/* Creates that were carried out and whose answer is lost: nobody knows. */
	for (size_t i = 0; i < data->count; i++)
		data->results[i] = (struct write_result) { .outcome = UNKNOWN,
			                                   .code = STR("timeout"),
			                                   .advice = STR("no answer came") };
	data->failed = (struct err)ERR_INIT;
	return &data->call;
}

static int memory_write_finish(struct call **call, struct arena *arena, struct write_result *ret_results,
                               struct err *err)
{
	struct memory_call_data *data = (struct memory_call_data *)*call;
	struct memory *m = memory_of(data->call.connection);
	int code = told(&data->failed, err);

	for (size_t i = 0; i < data->count && code == 0; i++) {
		struct write_result *result = &ret_results[i];

		*result = data->results[i];
		result->id = arena_str(arena, result->id);
		result->code = arena_str(arena, result->code);
		if (result->record.bytes.len)
			memory_record(m, arena, result->record.bytes, m->base.traits.our_user, &result->record);
	}
	data_free(&data);
	*call = NULL;
	return code;
}

/* ---- open and close ---- */

static const struct option memory_options[] = {
	{ "id", "member that holds the id", "id", false },
	{ "version", "member that holds the version", "updated_at", false },
	{ "merged", "member that holds the survivor's id", "merged_into", false },
	{ "deleted", "member that says that the record is deleted", "deleted", false },
	{ "reference", "member that holds our id; none: there is no place for it", "external_id", false },
	{ "prefix", "what new ids begin with", "m-", false },
	{ "page_size", "records a page", "100", false },
	{ "fetch_batch", "ids a fetch", "100", false },
	{ "write_batch", "records a write", "200", false },
	{ "objects", "records to begin with", "", false },
	{ "our_user", "who our writes are by", "suture", false },
	{ "has_times", "no: records carry neither version nor time", "yes", false },
	{ "answers", "no: what a write answers does not carry the record", "yes", false },
	{ "cursor", "sequence, or clock: changes leaves out what is younger than the lag", "sequence", false },
	{ "changes", "no: cannot", "yes", false },
	{ "search", "no: cannot", "yes", false },
	{ "webhook", "no: cannot", "yes", false },
	{ "listen", "no: cannot", "yes", false },
	{ "hook_secret", "key of the webhooks' signature", "memory-secret", true },
	{ 0 },
};

static struct str text_setting(const struct memory *m, const struct json *settings, const char *name)
{
	const struct option *option = memory_options;
	struct str text = json_get_text(settings, name);

	while (!str_eq_c(str_of(name), option->name))
		option++;
	return text.len ? arena_str((struct arena *)&m->arena, text) : str_of(option->fallback);
}

static size_t count_setting(const struct memory *m, const struct json *settings, const char *name)
{
	int64_t n = 0;

	ensure(str_to_i64(text_setting(m, settings, name), &n) && n > 0);
	return (size_t)n;
}

static void preload(struct memory *m, const struct json *objects)
{
	JSON_EACH (objects, object) {
		JSON_EACH (object, record) {
			struct shelf *shelf = memory_shelf(m, object->key);

			memory_store(m, shelf, NULL, json_text(json_get_str(record, m->id)), record, STR("person"));
		}
	}
}

/* Versions are times, one second apart, so that newer is later. */
static const int64_t first_version_ms = 1767225600000;

static bool flag_setting(const struct memory *m, const struct json *settings, const char *name)
{
	return str_eq_c(text_setting(m, settings, name), "yes");
}

static void live_settings(struct memory *m, const struct json *settings)
{
	m->kind = *m->base.kind;
	m->base.kind = &m->kind;
	if (!flag_setting(m, settings, "changes"))
		m->kind.changes_start = NULL;
	if (!flag_setting(m, settings, "search"))
		m->kind.search_start = NULL;
	if (!flag_setting(m, settings, "webhook"))
		m->kind.webhook = NULL;
	if (!flag_setting(m, settings, "listen"))
		m->kind.listen = NULL;
	m->base.traits.has_times = flag_setting(m, settings, "has_times");
	m->base.traits.answers_with_record = flag_setting(m, settings, "answers");
	m->base.traits.our_user = text_setting(m, settings, "our_user");
	m->by_clock = str_eq_c(text_setting(m, settings, "cursor"), "clock");
	m->secret = text_setting(m, settings, "hook_secret");
	if (str_eq_c(m->base.traits.reference_field, "none")) {
		m->base.traits.reference_field = STR_EMPTY;
		m->base.traits.fetch_by_reference = false;
	}
	m->now_ms = first_version_ms;
}

static int memory_open(const struct connector *kind, const struct json *settings, struct http_client *http UNUSED,
                       struct connection **ret, struct err *err UNUSED)
{
	struct arena arena = ARENA_INIT;
	struct memory *m = arena_new(&arena, struct memory);

	m->arena = arena;
	m->shelves = (struct map)MAP_INIT(&m->arena);
	m->refusals = (struct map)MAP_INIT(&m->arena);
	m->hooks = (struct map)MAP_INIT(&m->arena);
	must(pthread_mutex_init(&m->lock, NULL) == 0);
	must(pthread_cond_init(&m->stream.more, NULL) == 0);
	m->id = text_setting(m, settings, "id");
	m->version = text_setting(m, settings, "version");
	m->merged = text_setting(m, settings, "merged");
	m->deleted = text_setting(m, settings, "deleted");
	m->prefix = text_setting(m, settings, "prefix");
	m->base = (struct connection) { .magic = MEMORY_MAGIC, .kind = kind, .memory = &m->arena };
	m->base.traits = (struct traits) {
		.page_size = count_setting(m, settings, "page_size"),
		.fetch_batch = count_setting(m, settings, "fetch_batch"),
		.write_batch = count_setting(m, settings, "write_batch"),
		.pages_independent = true,
		.reference_field = text_setting(m, settings, "reference"),
		.fetch_by_reference = true,
	};
	live_settings(m, settings);
	preload(m, json_get(settings, "objects"));
	*ret = &m->base;
	return 0;
}

static void memory_close(struct connection **c)
{
	struct memory *m = memory_of(*c);
	struct arena arena;

	pthread_cond_destroy(&m->stream.more);
	pthread_mutex_destroy(&m->lock);
	m->base.magic = 0;
	arena = m->arena;
	*c = NULL;
	arena_release(&arena);
}

const struct connector memory_connector = {
	.name = "memory",
	.title = "Memory (for tests)",
	.options = memory_options,
	.open = memory_open,
	.close = memory_close,
	.check = memory_check,
	.describe = memory_describe,
	.list_start = memory_list_start,
	.list_finish = page_finish,
	.fetch_start = memory_fetch_start,
	.fetch_finish = page_finish,
	.write_start = memory_write_start,
	.write_finish = memory_write_finish,
	.changes_start = memory_changes_start,
	.changes_finish = page_finish,
	.search_start = memory_search_start,
	.search_finish = page_finish,
	.webhook = memory_webhook,
	.hook_test = memory_hook_test,
	.event_names = memory_event_names,
	.hook_register = memory_hook_register,
	.hook_unregister = memory_hook_unregister,
	.listen = memory_listen,
};
