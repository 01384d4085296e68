/*
 * The slots of a pace in a file that several processes map: the rate they are for, then one time a slot. The lock is only
 * held while the file is made larger or its rate changed, never while a slot is taken. A file never shrinks: a process that
 * still keeps to an older rate has the same slots mapped as the others, so all of them together keep to the larger one.
 */
#include "net/http_pace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock inside the atomics would not be shared between processes");

struct pace_file {
	double rate; /* guarded by the file's lock; 0: new */
	pace_slot slots[];
};

struct mapping {
	void *at;
	size_t size;
};

static void unmap(void *context)
{
	const struct mapping *m = context;

	munmap(m->at, m->size);
}

/* Blocks are allocated now: a full disk is told here, not by SIGBUS later. */
static int map(int fd, struct arena *arena, size_t size, struct pace_file **ret)
{
	struct mapping *m;
	void *at;
	int number = posix_fallocate(fd, 0, (off_t)size);

	if (number != 0) {
		errno = number;
		return -1;
	}
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -1;
	m = arena_new(arena, struct mapping);
	*m = (struct mapping) { at, size };
	arena_on_release(arena, unmap, m);
	*ret = at;
	return 0;
}

static int lock(int fd)
{
	int rc;

	do
		rc = flock(fd, LOCK_EX);
	while (rc < 0 && errno == EINTR);
	return rc;
}

int pace_file_map(struct pace *pace, struct arena *arena, int64_t now_ns, struct err *err)
{
	struct pace_file *file;
	int fd = open(pace->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, "keep the pace in %s", pace->file);
	if (lock(fd) < 0 || map(fd, arena, sizeof(*file) + pace->count * sizeof(pace_slot), &file) < 0) {
		err_errno_text(err, "keep the pace in %s", pace->file);
		close(fd);
		return err_pass(err);
	}
	pace->slots = file->slots;
	if (file->rate != 0 && file->rate != pace->rate)
		pace_rest(pace, now_ns);
	file->rate = pace->rate;
	flock(fd, LOCK_UN); /* close would not: the mapping keeps the open file, and so its lock, alive */
	close(fd);
	return 0;
}
