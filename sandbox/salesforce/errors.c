#include "sandbox/salesforce/errors.h"

#include <stdarg.h>
#include <stdio.h>

/* HTTP status of an error about a record; what is not listed is 400. */
static const struct {
	const char *code;
	int status;
} statuses[] = {
	{ "ENTITY_IS_DELETED", 404 },      { "NOT_FOUND", 404 },
	{ "REQUEST_LIMIT_EXCEEDED", 403 }, { "INSUFFICIENT_ACCESS_OR_READONLY", 403 },
	{ "UNKNOWN_EXCEPTION", 500 },
};

static int status_of(const char *code)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (str_eq_c(str_of(code), statuses[i].code))
			return statuses[i].status;
	}
	return 400;
}

__attribute__((format(printf, 2, 0))) static struct str format_text(struct arena *arena, const char *format,
                                                                    va_list args)
{
	char text[2048];
	int len = vsnprintf(text, sizeof(text), format, args);

	ensure(len >= 0);
	return arena_str(arena, str_range(text, MIN_OF((size_t)len, sizeof(text) - 1)));
}

void problem_add(struct problems *problems, const char *code, struct str fields, const char *format, ...)
{
	struct problem *problem = &problems->at[problems->count];
	va_list args;

	if (problems->count == PROBLEMS_MAX)
		return;
	va_start(args, format);
	problem->message = format_text(problems->arena, format, args);
	va_end(args);
	problem->code = code;
	problem->fields = arena_str(problems->arena, fields);
	problems->count++;
}

static void write_fields(struct buf *out, struct str fields)
{
	struct str field;
	bool first = true;

	buf_add_char(out, '[');
	while (fields.len > 0 && str_split(&fields, ',', &field)) {
		if (!first)
			buf_add_char(out, ',');
		json_write_string(out, field);
		first = false;
	}
	buf_add_char(out, ']');
}

void problems_write_rest(struct buf *out, const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		buf_add_c(out, i ? ",{\"message\":" : "[{\"message\":");
		json_write_string(out, problems->at[i].message);
		buf_printf(out, ",\"errorCode\":\"%s\",\"fields\":", problems->at[i].code);
		write_fields(out, problems->at[i].fields);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

void problems_write_rows(struct buf *out, const struct problems *problems)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < problems->count; i++) {
		buf_printf(out, "%s{\"statusCode\":\"%s\",\"message\":", i ? "," : "", problems->at[i].code);
		json_write_string(out, problems->at[i].message);
		buf_add_c(out, ",\"fields\":");
		write_fields(out, problems->at[i].fields);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

void problems_write_bulk(struct buf *out, const struct problems *problems)
{
	const struct problem *problem = &problems->at[0];

	buf_printf(out, "%s:%.*s:%.*s --", problem->code, STR_ARG(problem->message), STR_ARG(problem->fields));
}

void fail_problems(struct answer *answer, const struct problems *problems)
{
	answer->status = status_of(problems->at[0].code);
	buf_clear(&answer->body);
	problems_write_rest(&answer->body, problems);
}

void fail(struct answer *answer, int status, const char *code, const char *format, ...)
{
	struct str message;
	va_list args;

	va_start(args, format);
	message = format_text(answer->arena, format, args);
	va_end(args);
	answer->status = status;
	buf_clear(&answer->body);
	buf_add_c(&answer->body, "[{\"message\":");
	json_write_string(&answer->body, message);
	buf_printf(&answer->body, ",\"errorCode\":\"%s\"}]", code);
}

void fail_oauth(struct answer *answer, int status, const char *error, const char *description)
{
	answer->status = status;
	buf_clear(&answer->body);
	buf_printf(&answer->body, "{\"error\":\"%s\",\"error_description\":", error);
	json_write_string(&answer->body, str_of(description));
	buf_add_char(&answer->body, '}');
}

void fail_no_resource(struct answer *answer)
{
	fail(answer, 404, "NOT_FOUND", "The requested resource does not exist");
}

void fail_body(struct answer *answer, const struct err *err)
{
	fail(answer, 400, "JSON_PARSER_ERROR", "%s at [line:1, column:1]", err->text);
}
