/*
 * Server-sent events. A slot for each open answer; its id carries a generation, so that a late send does not reach the next client of the slot.
 *
 *	http_stream_start   worker   takes a slot; events may be sent from here on
 *	stream_attach       web      the answer is open: what was sent meanwhile goes out
 *	http_stream_send    any      into `pending`, and on the list of those with news
 *	streams_flush       web      from `pending` to the socket; drops who reads too slowly
 *	stream_gone         web      frees the slot, tells the owner
 */
#include "net/http_server_internal.h"

#include <string.h>
#include <sys/socket.h>

/* What the kernel keeps for a stream beside our limit. */
static const int kernel_buffer = 64 << 10;

void streams_close(struct http_server *s)
{
	for (uint32_t i = 0; i < s->options.connections; i++)
		if (s->streams[i].id)
			stream_gone(s, s->streams[i].id);
}

/* With stream_lock held. NULL: gone. */
static struct stream *find(struct http_server *s, uint64_t id)
{
	uint32_t slot = (uint32_t)id;

	return slot > 0 && slot <= s->options.connections && s->streams[slot - 1].id == id ? &s->streams[slot - 1]
	                                                                                   : NULL;
}

static uint64_t take_slot(struct http_server *s, void (*on_gone)(void *context, uint64_t stream), void *context)
{
	for (uint32_t i = 0; i < s->options.connections; i++) {
		struct stream *stream = &s->streams[i];

		if (stream->id)
			continue;
		stream->generation++;
		stream->id = (uint64_t)stream->generation << 32 | (i + 1);
		stream->pending = evbuffer_new();
		must(stream->pending != NULL);
		stream->on_gone = on_gone;
		stream->context = context;
		return stream->id;
	}
	return 0;
}

uint64_t http_stream_start(const struct http_asked *asked, struct http_reply *ret,
                           void (*on_gone)(void *context, uint64_t stream), void *context)
{
	struct http_server *s = asked->server;
	uint64_t id;

	ensure(!ret->stream);
	pthread_mutex_lock(&s->stream_lock);
	id = take_slot(s, on_gone, context);
	pthread_mutex_unlock(&s->stream_lock);
	ret->status = id ? 200 : 503;
	ret->stream = id;
	if (id)
		count_add(s, COUNT_STREAMS, 1);
	return id;
}

/* With stream_lock held. True: the web thread has to be woken. */
static bool mark(struct http_server *s, struct stream *stream)
{
	bool first = s->dirty == 0;

	if (stream->dirty)
		return false;
	stream->dirty = true;
	stream->next = s->dirty;
	s->dirty = (uint32_t)stream->id;
	return first;
}

static void add_event(struct evbuffer *to, const char *event, struct str data)
{
	struct str rest = data;

	if (event)
		evbuffer_add_printf(to, "event: %.*s\n", (int)strcspn(event, "\r\n"), event);
	do {
		size_t len = 0;

		while (len < rest.len && rest.at[len] != '\n' && rest.at[len] != '\r')
			len++;
		evbuffer_add(to, "data: ", 6);
		evbuffer_add(to, rest.at, len);
		evbuffer_add(to, "\n", 1);
		len += len + 1 < rest.len && rest.at[len] == '\r' && rest.at[len + 1] == '\n';
		rest = str_skip(rest, MIN_OF(len + 1, rest.len));
	} while (rest.len > 0);
	evbuffer_add(to, "\n", 1);
}

bool http_stream_send(struct http_server *s, uint64_t id, const char *event, struct str data)
{
	struct stream *stream;
	bool wake = false, sent = false;

	pthread_mutex_lock(&s->stream_lock);
	stream = find(s, id);
	if (stream && !stream->slow && !stream->ending) {
		stream->slow = evbuffer_get_length(stream->pending) + data.len > s->options.stream_limit;
		sent = !stream->slow;
		if (sent)
			add_event(stream->pending, event, data);
		wake = mark(s, stream);
	}
	pthread_mutex_unlock(&s->stream_lock);
	if (wake)
		server_wake(s);
	return sent;
}

void http_stream_end(struct http_server *s, uint64_t id)
{
	struct stream *stream;
	bool wake = false;

	pthread_mutex_lock(&s->stream_lock);
	stream = find(s, id);
	if (stream) {
		stream->ending = true;
		wake = mark(s, stream);
	}
	pthread_mutex_unlock(&s->stream_lock);
	if (wake)
		server_wake(s);
}

void stream_gone(struct http_server *s, uint64_t id)
{
	void (*on_gone)(void *context, uint64_t stream) = NULL;
	void *context = NULL;
	struct stream *stream;

	pthread_mutex_lock(&s->stream_lock);
	stream = find(s, id);
	if (stream) {
		on_gone = stream->on_gone;
		context = stream->context;
		evbuffer_free(stream->pending);
		/* The slot may stand in the list of news: it stays there, and is passed over unless it is taken again. */
		*stream = (struct stream) { .generation = stream->generation,
			                    .dirty = stream->dirty,
			                    .next = stream->next };
	}
	pthread_mutex_unlock(&s->stream_lock);
	if (stream)
		count_sub(s, COUNT_STREAMS, 1);
	if (on_gone)
		on_gone(context, id);
}

/* With stream_lock held: to the socket. False: the connection is to be closed. */
static bool flush(struct http_server *s, struct stream *stream)
{
	struct evbuffer *output;

	if (!stream->conn)
		return true; /* stream_attach comes later */
	output = bufferevent_get_output(stream->conn->bev);
	count_add(s, COUNT_BYTES_OUT, evbuffer_get_length(stream->pending));
	evbuffer_add_buffer(output, stream->pending);
	if (evbuffer_get_length(output) > s->options.stream_limit)
		stream->slow = true;
	if (stream->slow)
		count_add(s, COUNT_STREAMS_DROPPED, 1);
	return !stream->slow && (!stream->ending || evbuffer_get_length(output) > 0);
}

/* The next connection that has to be closed, or NULL when there is no news left. */
static struct conn *flush_some(struct http_server *s)
{
	struct conn *closing = NULL;

	pthread_mutex_lock(&s->stream_lock);
	while (s->dirty && !closing) {
		struct stream *stream = &s->streams[s->dirty - 1];

		s->dirty = stream->next;
		stream->dirty = false;
		if (stream->id && !flush(s, stream))
			closing = stream->conn;
		else if (stream->id && stream->ending && stream->conn)
			stream->conn->keep = false; /* conn closes it when the rest is written */
	}
	pthread_mutex_unlock(&s->stream_lock);
	return closing;
}

void streams_flush(struct http_server *s)
{
	struct conn *closing;

	while ((closing = flush_some(s)))
		conn_free(closing);
}

void stream_attach(struct http_server *s, uint64_t id, struct conn *c)
{
	struct stream *stream;

	setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_SNDBUF, &kernel_buffer, sizeof(kernel_buffer));
	c->stream = id;
	c->keep = true; /* here: not ending */
	pthread_mutex_lock(&s->stream_lock);
	stream = find(s, id);
	ensure(stream != NULL);
	stream->conn = c;
	mark(s, stream);
	pthread_mutex_unlock(&s->stream_lock);
	streams_flush(s);
}

void stream_comment(struct conn *c)
{
	static const char comment[] = ":\n\n";

	if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		bufferevent_write(c->bev, comment, sizeof(comment) - 1);
}
