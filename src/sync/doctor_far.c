/* doctor: the far systems: whether the mapping fits them and our user may do what it needs (plan_check), whose clock is wrong, how many calls are left. */
#include "sync/budget.h"
#include "sync/doctor_parts.h"

/* Signatures of webhooks are refused from five minutes on, and tokens and feeds go by the clock too. */
static const int64_t skew_warn_ms = 30000, skew_bad_ms = 240000;

static void take_findings(struct doctor *d, const struct plan *plan, const struct finding *found)
{
	size_t fine = 0;

	for (const struct finding *f = found; f; f = f->next) {
		bool of_connection = str_starts(f->subject, STR("connection "));

		if (f->level == FINDING_OK && !of_connection) {
			fine++;
			continue;
		}
		doctor_repeat(d, f->level,
		              of_connection
		                      ? f->subject
		                      : arena_printf(d->arena, "%.*s: %.*s", STR_ARG(plan->name), STR_ARG(f->subject)),
		              f->text);
	}
}

static void look_at_clock(struct doctor *d, struct connection *c, struct str name)
{
	int64_t ahead = c->target.clock_ahead_ms;
	enum finding_level level = doctor_level(ahead < 0 ? -ahead : ahead, skew_warn_ms, skew_bad_ms);
	const char *subject = arena_printf(d->arena, "clock of %.*s", STR_ARG(name)).at;

	if (!c->target.clock_known)
		return;
	if (level == FINDING_OK)
		doctor_say(d, level, subject, "within %lld s of ours", (long long)(skew_warn_ms / 1000));
	else
		doctor_say(d, level, subject,
		           "%lld s %s of ours: if `timedatectl` says that this machine's clock is not synchronised, "
		           "mend that (NTP); else tell whoever "
		           "runs that system",
		           (long long)((ahead < 0 ? -ahead : ahead) / 1000), ahead < 0 ? "behind" : "ahead");
}

static int look_at_sync(struct doctor *d, struct str name, struct err *err)
{
	struct finding *found;
	struct plan *plan;
	int code;

	if (plan_open(d->order->engine, name, &plan, err) < 0)
		return err_pass(err);
	code = plan_check(d->order->engine, plan, d->arena, &found, err);
	if (code == 0) {
		take_findings(d, plan, found);
		look_at_clock(d, plan->conn[SIDE_EMR], arena_str(d->arena, plan->emr_name));
		look_at_clock(d, plan->conn[SIDE_CRM], arena_str(d->arena, plan->crm_name));
	}
	plan_close(&plan);
	return code;
}

int doctor_systems(struct doctor *d, struct err *err)
{
	struct sync_row *syncs;
	size_t count;

	if (d->order->offline)
		return 0;
	if (catalog_syncs(d->order->engine, d->arena, &syncs, &count, err) < 0)
		return err_pass(err);
	if (count == 0)
		doctor_say(d, FINDING_WARNING, "configuration", "there is none: edit suture.yaml, then `suture apply`");
	for (size_t i = 0; i < count; i++) {
		struct err broken = ERR_INIT;

		if (look_at_sync(d, syncs[i].name, &broken) < 0)
			doctor_say(d, FINDING_ERROR, arena_text(d->arena, syncs[i].name), "%s", broken.text);
	}
	return 0;
}

static void look_at_line(struct doctor *d, const struct budget_line *l)
{
	const char *subject = arena_printf(d->arena, "calls of %.*s", STR_ARG(l->connection)).at;

	if (l->silent.len)
		doctor_say(d, FINDING_WARNING, subject, "how many are left could not be asked: %.*s",
		           STR_ARG(l->silent));
	if (l->allowance == 0)
		return;
	if (l->left <= 0)
		doctor_say(d, FINDING_ERROR, subject,
		           "all %lld of the day are used but those kept for people: `suture budget` says until when; "
		           "raise the allowance, or let "
		           "schedules run less often",
		           (long long)l->allowance);
	else if (l->left < l->need)
		doctor_say(d, FINDING_WARNING, subject,
		           "%lld are left and %lld planned: `suture budget`; raise the allowance, or let schedules run "
		           "less often",
		           (long long)l->left, (long long)l->need);
	else
		doctor_say(d, FINDING_OK, subject, "%lld of %lld are left", (long long)l->left,
		           (long long)l->allowance);
}

int doctor_calls(struct doctor *d, struct err *err)
{
	struct budget_line *lines;
	size_t count;

	if (budget_forecast(d->order->engine, d->arena, !d->order->offline, &lines, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		look_at_line(d, &lines[i]);
	return 0;
}
