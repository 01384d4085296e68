#include "live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void become_sandbox(const char *program, int in, int out, const char *const *more)
{
	const char *arguments[32] = { program, "--with-parent" };
	size_t n = 2;

	for (; *more; more++)
		arguments[n++] = *more;
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execv(program, (char *const *)arguments);
	_exit(127);
}

static struct str first_line(struct live *live, int from)
{
	SCOPED(buf) struct buf line = BUF_INIT(10000);
	char c;

	while (read(from, &c, 1) == 1 && c != '\n')
		buf_add_char(&line, c);
	return arena_str(&live->arena, buf_str(&line));
}

static void start(struct live *live, const char *program, const char *system, const char *const *more)
{
	int to[2], from[2];
	struct str line;

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	live->pid = fork();
	assert_true(live->pid >= 0);
	if (live->pid == 0) {
		close(to[1]);
		close(from[0]);
		become_sandbox(program, to[0], from[1], more);
	}
	close(to[0]);
	close(from[1]);
	live->to = to[1];
	line = first_line(live, from[0]);
	close(from[0]);
	live->base = json_get_text(live_json(live, arena_text(&live->arena, line)), system);
	assert_true(live->base.len > 0);
}

bool live_open(struct live *live, const char *system, const char *const *more)
{
	const char *program = getenv("SUTURE_SANDBOX");

	*live = (struct live) { 0 };
	if (!program || access(program, X_OK) != 0) {
		print_message("skipped: SUTURE_SANDBOX names no stand-in system\n");
		return false;
	}
	start(live, program, system, more);
	assert_int_equal(http_client_open(&live->http, &live->err), 0);
	live->admin = (struct http_target) { .base = live->base };
	return true;
}

void live_close(struct live *live)
{
	if (!live->pid)
		return;
	http_client_close(&live->http);
	close(live->to);
	kill(live->pid, SIGTERM);
	waitpid(live->pid, NULL, 0);
	arena_release(&live->arena);
}

int live_end(struct live *live, struct connection **c)
{
	if (*c)
		(*c)->kind->close(c);
	live_close(live);
	return 0;
}

struct json *live_json(struct live *live, const char *text)
{
	struct json *json = NULL;

	if (json_parse(&live->arena, arena_str(&live->arena, str_of(text)), &json, &live->err) < 0)
		fail_msg("%s: %s", text, live->err.text);
	return json;
}

struct json *live_admin(struct live *live, const char *path, const char *body)
{
	const struct http_request request = {
		.target = &live->admin, .method = "POST", .url = str_of(path), .body = str_of(body)
	};
	struct http_future *future = http_start(live->http, &request);
	struct http_answer answer;

	if (http_wait(&future, &live->arena, &answer, &live->err) < 0 || answer.status != 200)
		fail_msg("%s: %u %.*s %s", path, answer.status, STR_ARG(answer.body), live->err.text);
	return live_json(live, arena_text(&live->arena, answer.body));
}

void live_faults(struct live *live, const char *rows)
{
	live_admin(live, "/__admin/faults", rows);
}

struct connection *live_connect(struct live *live, const char *kind, struct str settings)
{
	const struct connector *found = connector_find(str_of(kind));
	struct connection *c = NULL;

	if (found->open(found, live_json(live, arena_text(&live->arena, settings)), live->http, &c, &live->err) < 0)
		fail_msg("%s", live->err.text);
	return c;
}

struct connection *live_org(struct live *live, const char *more)
{
	static const char format[] =
	        "{\"login_url\":\"%.*s\",\"client_id\":\"suture-client\",\"client_secret\":\"suture-secret\"%s}";

	return live_connect(live, "salesforce", arena_printf(&live->arena, format, STR_ARG(live->base), more));
}

int live_list(struct live *live, struct connection *c, struct list_request request, struct page *ret)
{
	struct call *call = c->kind->list_start(c, &request);

	return c->kind->list_finish(&call, &live->arena, ret, &live->err);
}

int live_fetch(struct live *live, struct connection *c, struct fetch_request request, struct page *ret)
{
	struct call *call = c->kind->fetch_start(c, &request);

	return c->kind->fetch_finish(&call, &live->arena, ret, &live->err);
}

int live_write(struct live *live, struct connection *c, const char *object, const struct write_item *items,
               size_t count, struct write_result *results)
{
	const struct write_request request = { .object = str_of(object), .items = items, .item_count = count };
	struct call *call = c->kind->write_start(c, &request);

	return c->kind->write_finish(&call, &live->arena, results, &live->err);
}

size_t live_list_all(struct live *live, struct connection *c, struct list_request request, struct record *ret,
                     size_t room)
{
	struct page page = { 0 };
	size_t n = 0;
	bool again = false; /* a page begins with the last row of the one before */

	while (!page.last) {
		if (live_list(live, c, request, &page) < 0)
			fail_msg("%s", live->err.text);
		if (again)
			assert_true(str_eq(page.records[0].id, ret[n - 1].id));
		for (size_t i = again; i < page.count; i++) {
			assert_true(n < room);
			ret[n++] = page.records[i];
		}
		again = c->traits.pages_overlap && page.count > 1;
		request.cursor = page.next_cursor;
	}
	return n;
}
