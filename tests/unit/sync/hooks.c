#include "hooks.h"

#include <stdatomic.h>

static struct hooked {
	struct connector kind; /* the memory connector's, with the calls below in front */
	struct rig *rig;
	hook_before_fn before;
	hook_page_fn page;
	atomic_uint calls;
} sides[2];

static struct hooked *of(struct connection *c)
{
	return c->kind == &sides[SIDE_EMR].kind ? &sides[SIDE_EMR] : &sides[SIDE_CRM];
}

static void before(struct connection *c, enum memory_call which)
{
	struct hooked *h = of(c);
	unsigned nth = atomic_fetch_add(&h->calls, 1) + 1;

	if (h->before)
		h->before(h->rig, which, nth);
}

static struct call *list_start(struct connection *c, const struct list_request *request)
{
	before(c, MEMORY_LIST);
	return memory_connector.list_start(c, request);
}

static struct call *fetch_start(struct connection *c, const struct fetch_request *request)
{
	before(c, MEMORY_FETCH);
	return memory_connector.fetch_start(c, request);
}

static struct call *write_start(struct connection *c, const struct write_request *request)
{
	before(c, MEMORY_WRITE);
	return memory_connector.write_start(c, request);
}

static int list_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct hooked *h = of((*call)->connection);
	int code = memory_connector.list_finish(call, arena, ret, err);

	if (code == 0 && h->page)
		h->page(h->rig, MEMORY_LIST, ret);
	return code;
}

static int fetch_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct hooked *h = of((*call)->connection);
	int code = memory_connector.fetch_finish(call, arena, ret, err);

	if (code == 0 && h->page)
		h->page(h->rig, MEMORY_FETCH, ret);
	return code;
}

void hooks_set(struct rig *rig, enum side side, hook_before_fn fn, hook_page_fn page)
{
	struct hooked *h = &sides[side];

	h->kind = memory_connector;
	h->kind.list_start = list_start;
	h->kind.list_finish = list_finish;
	h->kind.fetch_start = fetch_start;
	h->kind.fetch_finish = fetch_finish;
	h->kind.write_start = write_start;
	h->rig = rig;
	h->before = fn;
	h->page = page;
	atomic_store(&h->calls, 0);
	rig->plan->conn[side]->kind = &h->kind;
}

void hooks_clear(struct rig *rig)
{
	rig->plan->conn[SIDE_EMR]->kind = &memory_connector;
	rig->plan->conn[SIDE_CRM]->kind = &memory_connector;
}
