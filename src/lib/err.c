#include "lib/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	enum err_code code;
	enum err_class class;
	const char *name;
	const char *meaning;
} codes[] = { { ERR_OK, ERR_CLASS_BUG, "ok", "nothing went wrong" },
#define ROW(code, class, name, text) [code##_ORDINAL] = { code, ERR_CLASS_##class, name, text },
	      ERR_LIST(ROW)
#undef ROW
};

/* A far side's words may stand in a sentence: they must neither move a terminal's cursor nor begin a line of a log. */
static void tame(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++) {
		bool c1 = at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0;

		if (c1)
			at[1] = '?';
		if (c1 || *at < ' ' || *at == 127)
			*at = '?';
	}
}

void err_set_text(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;

	ensure(code != ERR_OK);
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	tame(err->text);
}

void err_wrap_text(struct err *err, const char *format, ...)
{
	char before[sizeof(err->text)];
	char context[160];
	va_list args;

	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	memcpy(before, err->text, sizeof(before));
	if (snprintf(err->text, sizeof(err->text), "%s: %s", context, before) >= (int)sizeof(err->text))
		memcpy(err->text + sizeof(err->text) - 4, "...", 4);
	tame(err->text);
	ensure(err->code != ERR_OK);
}

void err_errno_text(struct err *err, const char *format, ...)
{
	int number = errno;
	char context[240];
	va_list args;

	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	err_set_text(err, number == ENOSPC ? ERR_DISK_FULL : ERR_SYSTEM, "%s: %s", context, strerror(number));
}

enum err_class err_class_of(enum err_code code)
{
	return codes[-code].class;
}

const char *err_name(enum err_code code)
{
	return codes[-code].name;
}

const char *err_meaning(enum err_code code)
{
	return codes[-code].meaning;
}
