/* R35: a person's CSV is read whatever wrote it. Every text is also fed byte by byte, with the same result. */
#include "unit.h"

#include "codec/csv.h"
#include "lib/limits.h"

/* Rows as text: cells in <>, rows numbered. */
static int note_row(void *context, const struct csv_row *row, struct err *err UNUSED)
{
	struct buf *out = context;

	buf_printf(out, "%u", (unsigned)row->number);
	for (size_t i = 0; i < row->count; i++) {
		buf_add_char(out, '<');
		buf_add(out, row->cells[i]);
		buf_add_char(out, '>');
	}
	buf_add_char(out, ' ');
	return 0;
}

static void read_in_pieces(struct str text, size_t piece, struct buf *out)
{
	struct csv_reader *reader = csv_reader_new(note_row, out);
	struct err err = ERR_INIT;

	buf_clear(out);
	for (struct str rest = text; rest.len > 0; rest = str_skip(rest, piece))
		assert_ok(csv_feed(reader, str_range(rest.at, MIN_OF(rest.len, piece)), &err), err);
	assert_ok(csv_end(reader, &err), err);
	csv_reader_free(&reader);
	assert_null(reader);
}

static void assert_rows(struct str text, const char *expected)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);

	for (size_t piece = 1; piece <= text.len + 1; piece += 1 + piece / 2) {
		read_in_pieces(text, piece, &out);
		assert_text(buf_str(&out), expected);
	}
}

static void test_r35_quoting(void **state UNUSED)
{
	assert_rows(STR("Id,Name\n1,\"O'Brien, Mary\"\n"), "1<Id><Name> 2<1><O'Brien, Mary> ");
	assert_rows(STR("\"a\",\"b \"\"quoted\"\" c\",\"\"\n"), "1<a><b \"quoted\" c><> ");
	assert_rows(STR("\"two\nlines\",x\n"), "1<two\nlines><x> ");
	assert_rows(STR("\"cr\r\nlf\"\r\n"), "1<cr\r\nlf> ");
	assert_rows(STR("a,,b,\n"), "1<a><><b><> ");
	assert_rows(STR(" a , b c \n"), "1<a><b c> ");
	assert_rows(STR("\" a \",b\n"), "1< a ><b> ");
	assert_rows(STR("5\" tube,x\n"), "1<5\" tube><x> ");
	assert_rows(STR("a\nb,\"never closed"), "1<a> 2<b><never closed> ");
}

/* c2 and c3 would be in no list, neither of those that were taken nor of those that were left out. */
static void test_r35_a_quote_that_never_closes_loses_no_rows_quietly(void **state UNUSED)
{
	static const char *const texts[] = { "c1,\"x\nc2,y\nc3\n", "c1,\"x\rc2", "c0\nc1,\"\n", "\"c1\nc2\nc3" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		SCOPED(buf) struct buf out = BUF_INIT(1 << 10);
		struct csv_reader *reader = csv_reader_new(note_row, &out);
		struct err err = ERR_INIT;

		assert_ok(csv_feed(reader, str_of(texts[i]), &err), err);
		assert_int_equal(csv_end(reader, &err), ERR_PARSE);
		assert_non_null(strstr(err.text, i == 2 ? "row 2" : "row 1"));
		csv_reader_free(&reader);
	}
}

static void test_r35_line_ends(void **state UNUSED)
{
	assert_rows(STR("a,b\nc,d\n"), "1<a><b> 2<c><d> ");
	assert_rows(STR("a,b\r\nc,d\r\n"), "1<a><b> 2<c><d> ");
	assert_rows(STR("a,b\rc,d\r"), "1<a><b> 2<c><d> ");
	assert_rows(STR("a,b\r\nc,d\ne,f\rg"), "1<a><b> 2<c><d> 3<e><f> 4<g> ");
	assert_rows(STR("a\n\n\r\n\nb"), "1<a> 2<b> ");
	assert_rows(STR("a,"), "1<a><> ");
	assert_rows(STR(""), "");
	assert_rows(STR("\n\n"), "");
}

static void test_r35_byte_order_mark(void **state UNUSED)
{
	assert_rows(STR("\xef\xbb\xbf"
	                "Id,Name\n"),
	            "1<Id><Name> ");
	assert_rows(STR("\xef\xbb\xbf\"Id\",x\n"), "1<Id><x> ");
	assert_rows(STR("\xef\xbb\xbf"), "");
	assert_rows(STR("\xef\xbb"
	                "x,y\n"),
	            "1<\xef\xbb"
	            "x><y> ");
	assert_rows(STR("\xef"), "1<\xef> ");
	assert_rows(STR("a,\xef\xbb\xbf\n"), "1<a><\xef\xbb\xbf> ");
}

/* The free text that Salesforce puts under an exported report is rows like any other: the caller tells ids from text. */
static void test_r35_report_with_a_paragraph(void **state UNUSED)
{
	assert_rows(STR("\"Contact ID\",\"Name\"\r\n\"003xx000004TmiQ\",\"A\"\r\n\r\n\r\n\"Patients of the year\"\r\n"
	                "\"Confidential Information - Do Not Distribute\"\r\n"),
	            "1<Contact ID><Name> 2<003xx000004TmiQ><A> 3<Patients of the year> "
	            "4<Confidential Information - Do Not Distribute> ");
}

static int stop_at_two(void *context, const struct csv_row *row, struct err *err)
{
	(*(int *)context)++;
	return row->number == 2 ? err_set(err, ERR_ABORTED, "enough") : 0;
}

static void test_the_caller_may_stop(void **state UNUSED)
{
	int rows = 0;
	struct csv_reader *reader = csv_reader_new(stop_at_two, &rows);
	struct err err = ERR_INIT, later = ERR_INIT;

	assert_int_equal(csv_feed(reader, STR("a\nb\nc\nd\n"), &err), ERR_ABORTED);
	assert_int_equal(rows, 2);
	assert_string_equal(err.text, "enough");
	assert_int_equal(csv_feed(reader, STR("e\n"), &later), ERR_ABORTED);
	assert_string_equal(later.text, "enough");
	assert_int_equal(csv_end(reader, &later), ERR_ABORTED);
	assert_int_equal(rows, 2);
	csv_reader_free(&reader);
}

static int feed_many(struct str piece, size_t total, struct err *err)
{
	SCOPED(buf) struct buf out = BUF_INIT(64 << 20);
	struct csv_reader *reader = csv_reader_new(note_row, &out);
	int r = csv_feed(reader, STR("first,row\n"), err);

	for (size_t fed = 0; r == 0 && fed < total; fed += piece.len)
		r = csv_feed(reader, piece, err);
	if (r == 0)
		r = csv_end(reader, err);
	csv_reader_free(&reader);
	return r;
}

static void test_limits(void **state UNUSED)
{
	struct err err = ERR_INIT;

	assert_int_equal(feed_many(STR("xxxxxxxxxxxxxxxx"), LIMIT_CSV_FIELD, &err), 0);
	assert_int_equal(feed_many(STR("xxxxxxxxxxxxxxxx"), LIMIT_CSV_FIELD + 16, &err), ERR_PARSE);
	assert_int_equal(feed_many(STR("\"xxxxxxx\n,xxxxx"), 64 << 20, &err), ERR_PARSE);
	assert_int_equal(strncmp(err.text, "row 2: ", 7), 0);
	assert_int_equal(feed_many(STR("xxxxxxx,"), 2 * LIMIT_PAYLOAD, &err), ERR_PARSE);
	assert_int_equal(feed_many(STR("x,y\n"), 1 << 20, &err), 0);
}

static void test_writing(void **state UNUSED)
{
	static const char *const cells[][2] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "a,b", "\"a,b\"" },
		{ "a\"b", "\"a\"\"b\"" },
		{ "a\nb", "\"a\nb\"" },
		{ "a\rb", "\"a\rb\"" },
		{ " a", "\" a\"" },
		{ "a ", "\"a \"" },
		{ "=1+1", "'=1+1" },
		{ "+1", "'+1" },
		{ "-1", "'-1" },
		{ "@x", "'@x" },
		{ "\tx", "\"'\tx\"" },
		{ "\r=x", "\"'\r=x\"" },
		{ "=\"a,b\"", "\"'=\"\"a,b\"\"\"" },
		{ "a=b", "a=b" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		SCOPED(buf) struct buf out = BUF_INIT(1 << 10);

		csv_write_cell(&out, str_of(cells[i][0]), true);
		assert_text(buf_str(&out), cells[i][1]);
	}
}

static void test_written_rows_come_back(void **state UNUSED)
{
	static const char *const cells[] = { "id",           "a,b",    "say \"x\"",    "",
		                             "two\r\nlines", " edge ", "\xc3\x89lise", "\"" };
	SCOPED(buf) struct buf out = BUF_INIT(1 << 10);
	SCOPED(buf) struct buf expected = BUF_INIT(1 << 10);

	buf_add_char(&expected, '1');
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		csv_write_cell(&out, str_of(cells[i]), i == 0);
		buf_printf(&expected, "<%s>", cells[i]);
	}
	csv_write_end(&out);
	csv_write_cell(&out, STR("next"), true);
	csv_write_end(&out);
	buf_add_c(&expected, " 2<next> ");
	assert_rows(buf_str(&out), buf_text(&expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_r35_quoting),
		cmocka_unit_test(test_r35_a_quote_that_never_closes_loses_no_rows_quietly),
		cmocka_unit_test(test_r35_line_ends),
		cmocka_unit_test(test_r35_byte_order_mark),
		cmocka_unit_test(test_r35_report_with_a_paragraph),
		cmocka_unit_test(test_the_caller_may_stop),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_written_rows_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
