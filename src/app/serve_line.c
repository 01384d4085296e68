/*
 * serve_line: one event of the daemon's log, in one of three forms. The names that programs read are the rows of list_facts: `"run":7` in JSON is SUTURE_RUN=7 in the
 * journal of systemd, whose native protocol is one datagram of NAME=value lines (systemd.journal-fields(7)); docs/decisions say why there is no library for it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/serve.h"
#include "lib/clock.h"

enum { FACTS = 7, LINE_MOST = 1 << 16 };

struct fact {
	const char *name;
	struct str text;
	int64_t number; /* where text is empty; 0: there is none */
};

static void list_facts(const struct log_line *l, struct fact out[FACTS])
{
	const struct fact facts[FACTS] = {
		{ "level", str_of(l->level), 0 },
		{ "code", l->code, 0 },
		{ "sync", l->sync, 0 },
		{ "run", STR_EMPTY, l->run_id },
		{ "staged", STR_EMPTY, l->staged_id },
		{ "emr_id", l->emr_id, 0 },
		{ "crm_id", l->crm_id, 0 },
	};

	memcpy(out, facts, sizeof(facts));
}

/* Control characters become blanks: a line stays one, and a value ends where its line does. */
static void add_clean(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		buf_add_char(out, (unsigned char)text.at[i] < ' ' || text.at[i] == 127 ? ' ' : text.at[i]);
}

/* Ids are the far sides' texts. */
static void add_part(struct buf *out, const char *before, struct str text, const char *behind)
{
	if (text.len == 0)
		return;
	buf_add_c(out, before);
	add_clean(out, text);
	buf_add_c(out, behind);
}

static void write_json(struct buf *out, const struct log_line *l, struct str at)
{
	struct fact facts[FACTS];

	list_facts(l, facts);
	buf_printf(out, "{\"at\":\"%.*s\"", STR_ARG(at));
	for (size_t i = 0; i < FACTS; i++) {
		if (facts[i].text.len == 0 && facts[i].number == 0)
			continue;
		buf_printf(out, ",\"%s\":", facts[i].name);
		if (facts[i].text.len)
			json_write_string(out, facts[i].text);
		else
			buf_printf(out, "%lld", (long long)facts[i].number);
	}
	buf_add_c(out, ",\"text\":");
	json_write_string(out, l->text);
	buf_add_c(out, "}\n");
}

/* What a person reads: the sync before the text, ids behind it. */
static void write_words(struct buf *out, const struct log_line *l)
{
	add_part(out, "", l->sync, ": ");
	add_clean(out, l->text);
	add_part(out, " [", l->code, "]");
	if (l->run_id)
		buf_printf(out, " run=%lld", (long long)l->run_id);
	if (l->staged_id)
		buf_printf(out, " staged=%lld", (long long)l->staged_id);
	add_part(out, " emr=", l->emr_id, "");
	add_part(out, " crm=", l->crm_id, "");
	buf_add_char(out, '\n');
}

static void write_text(struct buf *out, const struct log_line *l, struct str at)
{
	buf_printf(out, "%.*s %s ", STR_ARG(at), l->level);
	write_words(out, l);
}

/* ---- the journal of systemd ---- */

/* syslog(3): exceptions are critical, what is not known here is information. */
static int priority(const char *level)
{
	static const struct {
		const char *level;
		int priority;
	} rows[] = { { "exception", 2 }, { "error", 3 }, { "info", 6 }, { "debug", 7 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].level, level) == 0)
			return rows[i].priority;
	}
	return 6;
}

/* "run" as SUTURE_RUN=7. */
static void add_fact(struct buf *out, const struct fact *fact)
{
	if (fact->text.len == 0 && fact->number == 0)
		return;
	buf_add_c(out, "SUTURE_");
	for (const char *c = fact->name; *c; c++)
		buf_add_char(out, (char)toupper((unsigned char)*c));
	buf_add_char(out, '=');
	if (fact->text.len)
		add_clean(out, fact->text);
	else
		buf_printf(out, "%lld", (long long)fact->number);
	buf_add_char(out, '\n');
}

static void write_journal(struct buf *out, const struct log_line *l, struct str at)
{
	struct fact facts[FACTS];

	list_facts(l, facts);
	buf_printf(out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=suture\nSUTURE_AT=%.*s\n", priority(l->level), STR_ARG(at));
	for (size_t i = 0; i < FACTS; i++)
		add_fact(out, &facts[i]);
	buf_add_c(out, "MESSAGE=");
	write_words(out, l);
}

/* Where the journal does not take it (it is restarted), stderr does, with a priority that systemd understands there. */
static void write_prefixed(struct buf *out, const struct log_line *l, struct str at UNUSED)
{
	buf_printf(out, "<%d>", priority(l->level));
	write_words(out, l);
}

/* systemd says which file stderr was when it began: somebody may have turned it elsewhere since. */
bool log_goes_to_journal(void)
{
	const char *told = getenv("JOURNAL_STREAM");
	char is[64];
	struct stat st;

	if (!told || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(is, sizeof(is), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return strcmp(told, is) == 0;
}

int log_form_of(struct str name, enum log_form *ret, struct err *err)
{
	static const char *const names[] = { [LOG_TEXT] = "text", [LOG_JSON] = "json", [LOG_JOURNALD] = "journald" };

	*ret = log_goes_to_journal() ? LOG_JOURNALD : LOG_TEXT;
	if (name.len == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(name, names[i])) {
			*ret = (enum log_form)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "a log is text, json or journald, not %.*s", STR_ARG(name));
}

void log_write(enum log_form form, const char *journal, const struct log_line *line)
{
	static void (*const writers[])(struct buf *, const struct log_line *, struct str) = { write_text, write_json,
		                                                                              write_journal };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(LINE_MOST);
	struct str at = clock_rfc3339(&arena, line->at_ms);

	writers[form](&out, line, at);
	if (form == LOG_JOURNALD) {
		if (notify_send(journal, buf_str(&out)))
			return;
		buf_clear(&out);
		write_prefixed(&out, line, at);
	}
	/* Whoever stopped reading our log does not stop us. */
	(void)!write(STDERR_FILENO, buf_text(&out), out.len);
}
