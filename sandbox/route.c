/* route: which row of a vendor a request belongs to, and the three steps of answering it. */
#include "sandbox/server_internal.h"

#include "codec/url.h"

static struct str next_part(struct str *rest)
{
	struct str part = STR_EMPTY;

	if (rest->len > 0 && rest->at[0] == '/')
		*rest = str_skip(*rest, 1);
	str_split(rest, '/', &part);
	/* str_split eats the separator; what follows starts at the next part. */
	return part;
}

static void add_param(struct request *request, struct str pattern_part, struct str text)
{
	struct str name = str_range(pattern_part.at + 1, pattern_part.len - 2), value;

	if (!url_decode(request->arena, text, false, &value))
		value = text;
	pairs_add(request->arena, &request->params, name, value);
}

static bool fits(struct str pattern, struct str path, struct request *request)
{
	request->params.count = 0;
	while (pattern.len > 0) {
		struct str want = next_part(&pattern), have;

		if (str_ends(want, STR("*}"))) {
			add_param(request, str_range(want.at, want.len - 1), str_trim(path));
			request->params.at[request->params.count - 1].name = str_range(want.at + 1, want.len - 3);
			return true;
		}
		have = next_part(&path);
		if (want.len > 0 && want.at[0] == '{') {
			if (have.len == 0)
				return false;
			add_param(request, want, have);
		} else if (!str_eq(want, have)) {
			return false;
		}
	}
	return path.len == 0 || str_eq(path, STR("/"));
}

static bool method_fits(const char *row, struct str method)
{
	if (row[0] == '*')
		return true;
	return str_eq_c(method, row) || (str_eq(method, STR("HEAD")) && str_eq_c(STR("GET"), row));
}

size_t route_find(const struct vendor *vendor, struct request *request)
{
	for (size_t i = 0; i < vendor->route_count; i++) {
		const struct route *row = &vendor->routes[i];

		if (method_fits(row->method, request->method) && fits(str_of(row->pattern), request->path, request))
			return i;
	}
	return vendor->route_count;
}

static void plain_not_found(struct answer *answer)
{
	answer_text(answer, 404, "application/json", "{\"error\":\"no such resource\"}");
}

void route_run(const struct vendor *vendor, void *state, size_t row, struct request *request, struct answer *answer)
{
	const struct route *route = row < vendor->route_count ? &vendor->routes[row] : NULL;

	if (!route && vendor->not_found)
		vendor->not_found(state, request, answer);
	else if (!route)
		plain_not_found(answer);
	else if (!vendor->before || !vendor->before(state, route, request, answer))
		route->handle(state, request, answer);
	if (vendor->after)
		vendor->after(state, request, answer);
}

void server_dispatch(const struct vendor *vendor, void *state, struct request *request, struct answer *answer)
{
	if (!answer->arena)
		answer_init(answer, request->arena);
	if (vendor->rewrite)
		vendor->rewrite(state, request);
	route_run(vendor, state, route_find(vendor, request), request, answer);
}
