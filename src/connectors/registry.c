/*
 * The kinds of connectors: native ones, REST systems that ship with Suture as descriptors, and those that a user's file
 * adds. To add a native one: a row in `natives`. To add a REST one: descriptors/NAME.yaml, its name in meson.build.
 */
#include "connectors/memory.h"
#include "connectors/rest/rest.h"
#include "connectors/salesforce/salesforce.h"

#include <pthread.h>

/* Written by the build from descriptors; ends with NULL. */
extern const char *const rest_descriptors[];

enum { kinds_at_most = 64 };

static const struct connector *const natives[] = { &salesforce_connector };

static struct {
	pthread_mutex_t lock;
	pthread_once_t once;
	struct arena arena; /* for the life of the process */
	const struct connector *kinds[kinds_at_most];
	size_t count;
} registry = { .lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT };

static int add_kind(struct str yaml, const char *file_name, struct err *err)
{
	struct connector *kind = arena_new(&registry.arena, struct connector);

	if (rest_kind_new(&registry.arena, yaml, kind, err) < 0)
		return err_wrap(err, "%s", file_name);
	for (size_t i = 0; i < registry.count; i++)
		if (str_eq(str_of(kind->name), str_of(registry.kinds[i]->name)))
			return err_set(err, ERR_CONFIG, "%s: there is a system '%s' already: choose another name",
			               file_name, kind->name);
	if (registry.count == kinds_at_most)
		return err_set(err, ERR_CONFIG, "%s: more than %d kinds of systems", file_name, kinds_at_most);
	registry.kinds[registry.count++] = kind;
	return 0;
}

static void fill(void)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(natives); i++)
		registry.kinds[registry.count++] = natives[i];
	for (const char *const *yaml = rest_descriptors; *yaml; yaml++)
		ensure(add_kind(str_of(*yaml), "built-in descriptor", &err) == 0);
}

static void lock(void)
{
	must(pthread_once(&registry.once, fill) == 0);
	must(pthread_mutex_lock(&registry.lock) == 0);
}

static void unlock(void)
{
	must(pthread_mutex_unlock(&registry.lock) == 0);
}

const struct connector *connector_find(struct str name)
{
	const struct connector *found = str_eq_c(name, memory_connector.name) ? &memory_connector : NULL;

	lock();
	for (size_t i = 0; i < registry.count && !found; i++)
		if (str_eq_c(name, registry.kinds[i]->name))
			found = registry.kinds[i];
	unlock();
	return found;
}

int connector_add_descriptor(struct str yaml, const char *file_name, struct err *err)
{
	int code;

	lock();
	code = add_kind(yaml, file_name, err);
	unlock();
	return code;
}

size_t connector_count(void)
{
	size_t count;

	lock();
	count = registry.count;
	unlock();
	return count;
}

const struct connector *connector_nth(size_t n)
{
	const struct connector *kind;

	lock();
	kind = n < registry.count ? registry.kinds[n] : NULL;
	unlock();
	return kind;
}

void call_cancel(struct call **call)
{
	if (*call)
		(*call)->cancel(*call);
	*call = NULL;
}
