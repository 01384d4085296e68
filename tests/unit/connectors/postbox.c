#include "postbox.h"

#include "../net/peer.h"
#include "lib/clock.h"

#include <pthread.h>

#define PLACE "/hooks/c1"

struct letter {
	struct str path, head, body;
	struct letter *next;
};

struct postbox {
	struct arena arena;
	struct peer *peer;
	struct str url;
	pthread_mutex_t lock;
	struct letter *first, **end;
};

static void answer(struct peer_call *call, void *context)
{
	struct postbox *box = context;
	struct letter *letter;

	pthread_mutex_lock(&box->lock);
	letter = arena_new(&box->arena, struct letter);
	*letter = (struct letter) { arena_str(&box->arena, call->path), arena_str(&box->arena, call->head),
		                    arena_str(&box->arena, call->body), NULL };
	*box->end = letter;
	box->end = &letter->next;
	pthread_mutex_unlock(&box->lock);
	peer_answer(call, 200, "", STR("{}"));
}

struct postbox *postbox_open(void)
{
	struct arena arena = ARENA_INIT;
	struct postbox *box = arena_new(&arena, struct postbox);

	box->arena = arena;
	box->end = &box->first;
	pthread_mutex_init(&box->lock, NULL);
	box->peer = peer_open(answer, box);
	box->url = arena_printf(&box->arena, "%.*s" PLACE, STR_ARG(peer_base(box->peer)));
	return box;
}

void postbox_close(struct postbox **box)
{
	struct arena arena;

	peer_close(&(*box)->peer);
	pthread_mutex_destroy(&(*box)->lock);
	arena = (*box)->arena;
	*box = NULL;
	arena_release(&arena);
}

struct str postbox_url(const struct postbox *box)
{
	return box->url;
}

static struct letter *take(struct postbox *box)
{
	struct letter *letter;

	pthread_mutex_lock(&box->lock);
	letter = box->first;
	if (letter)
		box->first = letter->next;
	if (letter && !box->first)
		box->end = &box->first;
	pthread_mutex_unlock(&box->lock);
	return letter;
}

static void read_headers(struct arena *arena, struct str head, struct hook *ret)
{
	struct http_header *headers = arena_new_array(arena, struct http_header, 64);
	struct str line, name;

	str_split(&head, '\n', &line);
	while (ret->header_count < 64 && str_split(&head, '\n', &line))
		if (str_split(&line, ':', &name) && name.len)
			headers[ret->header_count++] =
			        (struct http_header) { arena_str(arena, name), arena_str(arena, str_trim(line)) };
	ret->headers = headers;
}

void postbox_take(struct postbox *box, struct arena *arena, struct hook *ret)
{
	int64_t until = clock_mono_ns() + 60000000000;
	struct letter *letter = take(box);

	while (!letter && clock_mono_ns() < until) {
		clock_sleep_ms(5);
		letter = take(box);
	}
	if (!letter)
		fail_msg("no webhook came");
	*ret = (struct hook) { .body = arena_str(arena, letter->body), .received_ms = clock_wall_ms() };
	assert_true(str_starts(letter->path, STR(PLACE)));
	ret->path = str_skip(letter->path, sizeof(PLACE) - 1);
	if (ret->path.len)
		ret->path = arena_str(arena, str_skip(ret->path, 1));
	read_headers(arena, letter->head, ret);
}
