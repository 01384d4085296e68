/*
 * source: FHIR Patients as people. The file's names, birth date, sex, address and home phone are taken; what FHIR Patient does
 * not carry (insurance, practice data, e-mail, consents) is drawn as for a generated person of the same number.
 * Synthea writes digits behind names ("Andrew29 Goldner995"): they are taken away, which can make two people alike.
 */
#include "sandbox/people/source.h"

#include "codec/json.h"
#include "lib/file.h"

void source_generated(struct source *source, uint64_t seed, size_t count)
{
	*source = (struct source) { .seed = seed, .count = count };
}

void source_release(struct source *source)
{
	arena_release(&source->arena);
	*source = (struct source) { 0 };
}

static int check_line(struct str line, size_t number, const char *path, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *j;

	if (json_parse(&arena, line, &j, err) < 0)
		return err_wrap(err, "%s line %zu", path, number);
	if (!str_eq_c(json_get_text(j, "resourceType"), "Patient"))
		return err_set(err, ERR_PARSE, "%s line %zu: resourceType is not Patient", path, number);
	return 0;
}

int source_fhir(struct source *source, uint64_t seed, const char *path, struct err *err)
{
	struct str text, rest, line;
	size_t lines = 1, number = 0;

	*source = (struct source) { .seed = seed };
	if (file_read(&source->arena, path, SOURCE_LIMIT, &text, err) < 0)
		return err->code;
	for (size_t i = 0; i < text.len; i++)
		lines += text.at[i] == '\n';
	source->lines = arena_new_array(&source->arena, struct str, lines);
	rest = text;
	while (str_split(&rest, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (!line.len)
			continue;
		if (check_line(line, number, path, err) < 0) {
			source_release(source);
			return err->code;
		}
		source->lines[source->count++] = line;
	}
	return 0;
}

/* Without digits, blanks trimmed and single. */
static struct str plain_name(struct arena *arena, struct str text)
{
	char *copy = arena_alloc_bytes(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if ((c >= '0' && c <= '9') || (c == ' ' && (!len || copy[len - 1] == ' ')))
			continue;
		copy[len++] = c;
	}
	while (len && copy[len - 1] == ' ')
		len--;
	copy[len] = '\0';
	return str_range(copy, len);
}

static const struct json *official_name(const struct json *patient)
{
	JSON_EACH (json_get(patient, "name"), name)
		if (str_eq_c(json_get_text(name, "use"), "official"))
			return name;
	return json_at(json_get(patient, "name"), 0);
}

/* The texts must outlive the parsed tree's input: the file stays in memory, unescaped texts live in `arena`. */
static void take_names(struct arena *arena, const struct json *patient, struct person *p)
{
	const struct json *name = official_name(patient), *given = json_get(name, "given");

	p->first = plain_name(arena, json_text(json_at(given, 0)));
	p->middle = plain_name(arena, json_text(json_at(given, 1)));
	p->last = plain_name(arena, json_get_text(name, "family"));
	p->title = json_text(json_at(json_get(name, "prefix"), 0));
	p->suffix = json_text(json_at(json_get(name, "suffix"), 0));
	p->chosen_first = STR_EMPTY;
	p->first_shown = p->first;
	p->last_shown = p->last;
	p->account = arena_printf(arena, "%.*s %.*s", STR_ARG(p->first), STR_ARG(p->last));
}

static void take_contact(const struct json *patient, struct person *p)
{
	const struct json *address = json_at(json_get(patient, "address"), 0), *line = json_get(address, "line");

	p->line1 = json_text(json_at(line, 0));
	p->line2 = json_text(json_at(line, 1));
	p->city = json_get_text(address, "city");
	p->state = json_get_text(address, "state");
	p->zip = json_get_text(address, "postalCode");
	p->country = json_get_text(address, "country");
	p->phone_count = 0;
	JSON_EACH (json_get(patient, "telecom"), point) {
		if (!str_eq_c(json_get_text(point, "system"), "phone") || p->phone_count == PERSON_PHONES_MAX)
			continue;
		p->phones[p->phone_count++] =
		        (struct person_phone) { json_get_text(point, "value"), json_get_text(point, "use") };
	}
}

static struct str language_of(const struct json *patient)
{
	struct str code = json_text(json_walk(json_at(json_get(patient, "communication"), 0), "language.text"));

	return str_starts(code, STR("Spanish")) ? STR("es") : STR("en");
}

static void from_fhir(struct arena *arena, struct str line, struct person *p)
{
	struct err err = ERR_INIT;
	struct json *patient;
	struct str gender;

	must(json_parse(arena, line, &patient, &err) == 0); /* source_fhir() looked at every line */
	gender = json_get_text(patient, "gender");
	take_names(arena, patient, p);
	take_contact(patient, p);
	p->dob = json_get_text(patient, "birthDate");
	p->sex = p->gender = gender;
	p->gender_identity = p->pronouns = STR_EMPTY;
	p->language = language_of(patient);
	if (p->email.len)
		p->email = arena_printf(arena, "patient%llu@mail.example", (unsigned long long)p->n);
	p->placeholder = p->child = false;
}

void source_person(const struct source *source, struct arena *arena, size_t n, struct person *ret)
{
	person_make(arena, source->seed, n, ret);
	if (source->lines)
		from_fhir(arena, source->lines[n], ret);
}
