/* Texts with {names} in them. A brace that is not closed stands for itself. */
#include "connectors/rest/descriptor.h"

/* Cuts the text up to the next {name}: `lead` is what stands before it. False when no name is left (lead is the rest). */
static bool next_name(struct str *rest, struct str *ret_lead, struct str *ret_name)
{
	ptrdiff_t open = str_find_char(*rest, '{'), close;
	struct str after;

	*ret_lead = *rest;
	if (open < 0)
		return false;
	after = str_skip(*rest, (size_t)open + 1);
	close = str_find_char(after, '}');
	if (close < 0)
		return false;
	*ret_lead = str_range(rest->at, (size_t)open);
	*ret_name = str_range(after.at, (size_t)close);
	*rest = str_skip(after, (size_t)close + 1);
	return true;
}

bool template_known(struct str text, bool (*known)(const void *context, struct str name), const void *context,
                    struct str *ret_bad)
{
	struct str rest = text, lead, name;

	while (next_name(&rest, &lead, &name))
		if (!known(context, name)) {
			*ret_bad = name;
			return false;
		}
	return true;
}

void template_write(struct buf *out, struct str text,
                    void (*value)(const void *context, struct str name, struct buf *out), const void *context)
{
	struct str rest = text, lead, name;

	while (next_name(&rest, &lead, &name)) {
		buf_add(out, lead);
		value(context, name, out);
	}
	buf_add(out, lead);
}
