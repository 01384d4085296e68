#include "sync/sample.h"

enum { DEPTH_MAX = 8, PLACES_MAX = 3, WORD_MAX = 40 };

int sample_read(struct connection *c, struct arena *arena, const struct sample_request *request, struct page *ret,
                struct err *err)
{
	const size_t count = MIN_OF(request->count, (size_t)SAMPLE_RECORDS_MAX);
	const struct list_request list = { .object = request->object,
		                           .fields = request->fields,
		                           .field_count = request->field_count,
		                           .where = request->where,
		                           .page_size = count,
		                           .live_only = true,
		                           .priority = HTTP_URGENT };
	struct call *call = c->kind->list_start(c, &list);
	struct page page;
	size_t kept = 0;

	if (c->kind->list_finish(&call, arena, &page, err) < 0)
		return err_wrap(err, "read some records of %.*s", STR_ARG(request->object));
	for (size_t i = 0; i < page.count && kept < count; i++) {
		if (page.records[i].json)
			page.records[kept++] = page.records[i];
	}
	page.count = kept;
	*ret = page;
	return 0;
}

/* ---- paths ---- */

struct walk {
	struct arena *arena;
	struct map found; /* path -> struct sample_path */
	size_t record;    /* number of the record in hand, from 1 */
	unsigned depth;
};

struct found_path {
	struct sample_path path;
	size_t last_record;
};

static bool is_plain(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (str_find_char(STR(".[]=\"\\ \t\r\n"), text.at[i]) >= 0)
			return false;
	}
	return text.len > 0;
}

static struct str quoted(struct arena *arena, struct str text)
{
	char *at = arena_alloc_bytes(arena, size_mul(text.len, 2) + 2);
	size_t n = 0;

	if (is_plain(text))
		return text;
	at[n++] = '"';
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			at[n++] = '\\';
		at[n++] = text.at[i];
	}
	at[n++] = '"';
	return str_range(at, n);
}

static void note(struct walk *w, struct str path, const struct json *value)
{
	struct found_path *found = map_get(&w->found, path);

	if (!found && w->found.count < SAMPLE_PATHS_MAX) {
		found = arena_new(w->arena, struct found_path);
		found->path.path = path;
		map_put(&w->found, path, found);
	}
	if (!found || found->last_record == w->record || json_is_null(value))
		return;
	found->last_record = w->record;
	found->path.filled++;
}

static bool tells_apart(const struct json *member)
{
	static const char *const names[] = { "system", "use", "type", "kind" };

	if (member->kind != JSON_STRING || member->text.len == 0 || member->text.len > WORD_MAX)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_nocase(member->key, str_of(names[i])))
			return true;
	}
	return false;
}

static void walk_object(struct walk *w, struct str path, const struct json *object, bool in_list);

static void walk_list(struct walk *w, struct str path, const struct json *list);

static void walk_value(struct walk *w, struct str path, const struct json *value)
{
	if (++w->depth <= DEPTH_MAX) {
		if (value->kind == JSON_OBJECT)
			walk_object(w, path, value, false);
		else if (value->kind == JSON_ARRAY)
			walk_list(w, path, value);
		else
			note(w, path, value);
	}
	w->depth--;
}

/* In a list the members that told it apart stand in the path already. */
static void walk_object(struct walk *w, struct str path, const struct json *object, bool in_list)
{
	JSON_EACH (object, member) {
		struct str name = quoted(w->arena, member->key);

		if (!in_list || !tells_apart(member))
			walk_value(w,
			           path.len ? arena_printf(w->arena, "%.*s.%.*s", STR_ARG(path), STR_ARG(name)) : name,
			           member);
	}
}

static struct str element_path(struct arena *arena, struct str list, const struct json *element, size_t place)
{
	struct str path = list;

	JSON_EACH (element->kind == JSON_OBJECT ? element : NULL, member) {
		if (tells_apart(member))
			path = arena_printf(arena, "%.*s[%.*s=%.*s]", STR_ARG(path),
			                    STR_ARG(quoted(arena, member->key)), STR_ARG(quoted(arena, member->text)));
	}
	if (path.len > list.len)
		return path;
	return place < PLACES_MAX ? arena_printf(arena, "%.*s[%zu]", STR_ARG(list), place) : STR_EMPTY;
}

static void walk_list(struct walk *w, struct str path, const struct json *list)
{
	size_t place = 0;

	JSON_EACH (list, element) {
		struct str at = element_path(w->arena, path, element, place++);

		if (at.len == 0)
			continue;
		if (element->kind == JSON_OBJECT)
			walk_object(w, at, element, true);
		else
			walk_value(w, at, element);
	}
}

int sample_paths(struct arena *arena, const struct page *page, struct sample_path **ret, size_t *ret_count,
                 struct err *err UNUSED)
{
	struct walk w = { .arena = arena, .found = MAP_INIT(arena) };
	size_t i = 0;

	for (; i < page->count; i++) {
		w.record = i + 1;
		walk_object(&w, STR_EMPTY, page->records[i].json, false);
	}
	i = 0;
	*ret_count = w.found.count;
	*ret = arena_new_array(arena, struct sample_path, w.found.count);
	MAP_EACH (&w.found, entry)
		(*ret)[i++] = ((const struct found_path *)entry->value)->path;
	return 0;
}
