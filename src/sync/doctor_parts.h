/* doctor_parts: what the looks of the doctor share; for nobody else. A look says what it saw; what it fails with becomes a finding. */
#ifndef SUTURE_SYNC_DOCTOR_PARTS_H
#define SUTURE_SYNC_DOCTOR_PARTS_H

#include "sync/doctor.h"

struct doctor {
	const struct doctor_order *order;
	struct arena *arena;
	struct findings found;
	int64_t now_ms;
};

void doctor_say(struct doctor *d, enum finding_level level, const char *subject, const char *format, ...) PRINTF(4, 5);
/* What was said already is not said again. */
void doctor_repeat(struct doctor *d, enum finding_level level, struct str subject, struct str text);
/* Level by two limits: at `warn` and beyond a warning, at `bad` and beyond an error. */
enum finding_level doctor_level(int64_t value, int64_t warn, int64_t bad);

/* ---- doctor_machine.c */
int doctor_files(struct doctor *d, struct err *err) MUST_CHECK;
int doctor_secrets(struct doctor *d, struct err *err) MUST_CHECK;
int doctor_key(struct doctor *d, struct err *err) MUST_CHECK;
int doctor_disk(struct doctor *d, struct err *err) MUST_CHECK;
int doctor_open_files(struct doctor *d, struct err *err) MUST_CHECK;

/* ---- doctor_far.c */
int doctor_systems(struct doctor *d, struct err *err) MUST_CHECK;
int doctor_calls(struct doctor *d, struct err *err) MUST_CHECK;

/* ---- doctor_work.c */
int doctor_workers(struct doctor *d, struct err *err) MUST_CHECK;
int doctor_waiting(struct doctor *d, struct err *err) MUST_CHECK;
int doctor_schedules(struct doctor *d, struct err *err) MUST_CHECK;

#endif
