/* Values of one field: a line with the type, then values, one a line. Their normal form is its own, comparing is symmetric, blank is blank only (R19 to R22). */
#include "fuzz.h"

#include "codec/fold.h"
#include "codec/letters.h"
#include "codec/utf8.h"
#include "model/value.h"

static void is_normal(struct arena *arena, enum value_type type, struct value v)
{
	struct str once = value_normal(arena, type, v), twice;

	law(value_same(type, v, v));
	law((once.len == 0) == (value_is_blank(v) && type != TYPE_BOOL));
	twice = value_normal(arena, type, (struct value) { once.len ? VALUE_TEXT : VALUE_BLANK, once });
	law(str_eq(once, twice));
	law(!value_is_blank(v) || value_fits(type, v));
}

static void are_compared(struct arena *arena, enum value_type type, struct value a, struct value b)
{
	bool same = value_same(type, a, b);

	law(same == value_same(type, b, a));
	law(same == str_eq(value_normal(arena, type, a), value_normal(arena, type, b)));
}

static void folds(struct arena *arena, struct str text)
{
	struct str name = fold_name(arena, text);

	law(str_eq(fold_name(arena, name), name));
	if (utf8_valid(text)) {
		law(utf8_valid(name));
		law(utf8_valid(letters_upper(arena, text)) && utf8_valid(letters_title(arena, text)));
	}
}

void fuzz_value(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str rest = input, name = fuzz_line(&rest), first = fuzz_line(&rest), second = fuzz_line(&rest);
	struct value a = { VALUE_TEXT, first }, b = { VALUE_TEXT, second };
	enum value_type type = TYPE_TEXT;

	(void)value_type_of_name(name, &type);
	if (first.len == 0)
		a = VALUE_NOTHING;
	is_normal(&arena, type, a);
	is_normal(&arena, type, b);
	are_compared(&arena, type, a, b);
	folds(&arena, first);
}
