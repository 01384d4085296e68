#include "sync/figures.h"

size_t figures_take(struct figures *f, const struct verdict *verdict)
{
	size_t fields = verdict->merged ? verdict->plan->mapping.count : 0, changes = 0;

	for (size_t i = 0; i < fields; i++) {
		const struct merged *merged = &verdict->merged[i];

		f->fields_to_crm += merged->write_crm;
		f->fields_to_emr += merged->write_emr;
		changes += merged->write_crm || merged->write_emr;
	}
	f->counts[verdict->outcome]++;
	f->records_changed += verdict->outcome == OUTCOME_CREATED || verdict->outcome == OUTCOME_LINKED || changes > 0;
	return changes;
}

int64_t figures_read(const struct figures *f)
{
	int64_t read = 0;

	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++)
		read += f->counts[i];
	return read;
}
