/* Points are counted, and one of them strikes: see the header. */
#include "fault.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { HOUR_MS = 3600 * 1000 };

const char *const fault_seams[SEAMS] = {
	[SEAM_STATEMENT] = "statement", [SEAM_COMMIT] = "commit", [SEAM_COMMITTED] = "committed",
	[SEAM_REQUEST] = "request",     [SEAM_ANSWER] = "answer", [SEAM_FILE] = "file",
	[SEAM_MESSAGE] = "message",     [SEAM_SEND] = "send",     [SEAM_REPLY] = "reply",
};

const struct fault_kind fault_kinds[] = {
	{ SEAM_STATEMENT, "die", ACT_DIE, ERR_OK, 0, NULL },
	{ SEAM_STATEMENT, "fails", ACT_FAIL, ERR_STORE, 0, NULL },
	{ SEAM_STATEMENT, "disk full", ACT_FAIL, ERR_DISK_FULL, 0, NULL },
	{ SEAM_STATEMENT, "clock +1h", ACT_CLOCK, ERR_OK, HOUR_MS, NULL },
	{ SEAM_STATEMENT, "clock -1h", ACT_CLOCK, ERR_OK, -HOUR_MS, NULL },
	{ SEAM_COMMIT, "die", ACT_DIE, ERR_OK, 0, NULL },
	{ SEAM_COMMIT, "fails", ACT_FAIL, ERR_STORE, 0, NULL },
	{ SEAM_COMMIT, "disk full", ACT_FAIL, ERR_DISK_FULL, 0, NULL },
	{ SEAM_COMMITTED, "die", ACT_DIE, ERR_OK, 0, NULL },
	{ SEAM_COMMITTED, "told to have failed", ACT_FAIL, ERR_STORE, 0, NULL },
	{ SEAM_REQUEST, "die", ACT_DIE, ERR_OK, 0, NULL },
	{ SEAM_REQUEST, "no way there", ACT_FAIL, ERR_NETWORK, 0, NULL }, /* DNS, TLS, refused: nothing was sent */
	{ SEAM_REQUEST, "slow down", ACT_FAIL, ERR_RATE, 0, NULL },
	{ SEAM_REQUEST, "denied", ACT_FAIL, ERR_AUTH, 0, NULL },
	{ SEAM_REQUEST, "half is done", ACT_HALF, ERR_NETWORK, 0, NULL },
	{ SEAM_REQUEST, "clock +1h", ACT_CLOCK, ERR_OK, HOUR_MS, NULL },
	{ SEAM_REQUEST, "clock -1h", ACT_CLOCK, ERR_OK, -HOUR_MS, NULL },
	{ SEAM_ANSWER, "die", ACT_DIE, ERR_OK, 0, NULL },
	{ SEAM_ANSWER, "lost", ACT_FAIL, ERR_TIMEOUT, 0, NULL },
	{ SEAM_ANSWER, "200 with HTML", ACT_FAIL, ERR_FAR_SIDE, 0, NULL }, /* connectors/answer.c */
	{ SEAM_FILE, "die", ACT_DIE, ERR_OK, 0, NULL },
	{ SEAM_FILE, "torn", ACT_TORN, ERR_OK, 0, NULL },
	{ SEAM_FILE, "fails", ACT_FAIL, ERR_STORE, 0, NULL },
	{ SEAM_FILE, "disk full", ACT_FAIL, ERR_DISK_FULL, 0, NULL },
	{ SEAM_MESSAGE, "die", ACT_DIE, ERR_OK, 0, NULL },
	{ SEAM_MESSAGE, "refused", ACT_REFUSE, ERR_STORE, 0, "P0001" },
	{ SEAM_MESSAGE, "disk full", ACT_REFUSE, ERR_DISK_FULL, 0, "53100" },
	{ SEAM_MESSAGE, "deadlock", ACT_REFUSE, ERR_STORE, 0, "40P01" }, /* the transaction is run again */
	{ SEAM_SEND, "die", ACT_DIE, ERR_OK, 0, NULL },
	{ SEAM_SEND, "cut", ACT_CUT, ERR_STORE, 0, NULL },
	{ SEAM_SEND, "session ended", ACT_END, ERR_STORE, 0, NULL },
	{ SEAM_SEND, "server killed", ACT_RESTART, ERR_STORE, 0, NULL },
	{ SEAM_REPLY, "die", ACT_DIE, ERR_OK, 0, NULL },
	{ SEAM_REPLY, "cut", ACT_CUT, ERR_STORE, 0, NULL },
	{ SEAM_REPLY, "server killed", ACT_RESTART, ERR_STORE, 0, NULL },
};
const size_t fault_kind_count = ARRAY_LEN(fault_kinds);

void fault_die(void)
{
	kill(getpid(), SIGKILL);
	unreachable("killed, and still at work");
}

const struct fault_kind *fault_point(struct fault *fault, enum fault_seam seam, const char *where)
{
	const struct fault_kind *kind = fault->kind;

	if (!fault->counting)
		return NULL;
	if (atomic_fetch_add(&fault->counts[seam], 1) + 1 != fault->nth || !kind || kind->seam != seam)
		return NULL;
	atomic_store(&fault->struck, true);
	snprintf(fault->where, sizeof(fault->where), "%s", where);
	atomic_store(&fault->clock_ms, kind->clock_ms);
	if (fault->on_strike)
		fault->on_strike(fault->context);
	if (kind->act == ACT_DIE)
		fault_die();
	return kind->act == ACT_CLOCK ? NULL : kind;
}

bool fault_ends(const struct fault *fault)
{
	return fault->kind->act == ACT_DIE || fault->kind->act == ACT_TORN;
}

int fault_fails(struct fault *fault, enum fault_seam seam, const char *where, struct err *err)
{
	const struct fault_kind *kind = fault_point(fault, seam, where);

	return kind ? err_set(err, kind->code, "failed on purpose: %s, %s", fault_seams[seam], kind->name) : 0;
}
