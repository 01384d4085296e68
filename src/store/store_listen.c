/* store_listen: a thread that hears what db_tell() said in any process of the database. Where the database has no such thing there is no thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "store/store_parts.h"

struct store_listener {
	struct arena arena; /* lives in itself */
	const struct store_place *place;
	struct store_told told;
	atomic_bool stop;
	int bell; /* eventfd: it must end */
	pthread_t thread;
};

static void *listen(void *context)
{
	struct store_listener *l = context;

	pthread_setname_np(pthread_self(), "store listener");
	l->place->driver->listen(l->place, &l->told, &l->stop, l->bell);
	return NULL;
}

int store_listen(struct store *store, const struct store_told *told, struct store_listener **ret, struct err *err)
{
	const struct store_place *place = store_place_of(store);
	struct arena arena = ARENA_INIT;
	struct store_listener *l;

	*ret = NULL;
	if (!place->driver->listen)
		return 0;
	l = arena_new(&arena, struct store_listener);
	*l = (struct store_listener) { .place = place, .told = *told, .bell = eventfd(0, EFD_CLOEXEC) };
	l->arena = arena;
	if (l->bell < 0) {
		arena_release(&arena);
		return err_errno(err, "listen to the database");
	}
	must(pthread_create(&l->thread, NULL, listen, l) == 0);
	*ret = l;
	return 0;
}

void store_listen_end(struct store_listener **pl)
{
	struct store_listener *l = *pl;
	const uint64_t one = 1;
	struct arena arena;

	*pl = NULL;
	if (!l)
		return;
	atomic_store(&l->stop, true);
	must(write(l->bell, &one, sizeof(one)) == sizeof(one));
	pthread_join(l->thread, NULL);
	close(l->bell);
	arena = l->arena;
	arena_release(&arena);
}
