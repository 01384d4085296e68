#include "sandbox/options.h"

enum option_kind { OPTION_COUNT, OPTION_TEXT, OPTION_SWITCH };

struct option_row {
	const char *name;
	enum option_kind kind;
	size_t at; /* offset in struct options */
	const char *argument;
	const char *help;
};

#define COUNT(name, field, argument, help)                                          \
	{                                                                           \
		name, OPTION_COUNT, offsetof(struct options, field), argument, help \
	}
#define TEXT(name, field, argument, help)                                          \
	{                                                                          \
		name, OPTION_TEXT, offsetof(struct options, field), argument, help \
	}
#define SWITCH(name, field, help)                                              \
	{                                                                      \
		name, OPTION_SWITCH, offsetof(struct options, field), "", help \
	}

static const struct option_row rows[] = {
	COUNT("--salesforce-port", salesforce_port, "N",
	      "port of Salesforce; 0 = any free one (default), -1 = do not start"),
	COUNT("--hint-port", hint_port, "N", "port of Hint; as above"),
	COUNT("--nikohealth-port", nikohealth_port, "N", "port of NikoHealth; -1 = do not start (default)"),
	COUNT("--invented-port", invented_port, "N",
	      "port of an EMR that nobody has, for trying descriptors; as above"),
	COUNT("--patients", patients, "N", "generated people at the start (default 0)"),
	COUNT("--seed", seed, "N", "the same seed gives the same people (default 1)"),
	TEXT("--data", data, "FILE", "FHIR patients, one JSON a line, instead of generated people"),
	TEXT("--world", world, "FILE", "starting records of both systems, as JSON (see world.h)"),
	TEXT("--truth", truth, "FILE", "written at the start: what a right import must make of each patient"),
	TEXT("--sqlite", sqlite, "DIR", "keep the records of Salesforce in DIR, over a restart and a kill"),
	TEXT("--custom-fields", custom_fields, "FILE",
	     "custom fields of the org, JSON or YAML (default: those of the Suture package)"),
	COUNT("--pace", pace, "N", "requests a second that the EMR allows; 0 = its own default, -1 = no limit"),
	COUNT("--token-seconds", token_seconds, "N", "life of an unused Salesforce access token (default 7200)"),
	COUNT("--limit", limit, "N", "Salesforce calls a day (default 5000000)"),
	TEXT("--public-key", public_key, "FILE", "PEM public key or certificate that JWT assertions are verified with"),
	TEXT("--client-id", client_id, "TEXT", "client id of the Salesforce app (default suture-client)"),
	TEXT("--client-secret", client_secret, "TEXT", "its secret (default suture-secret)"),
	TEXT("--api-key", api_key, "TEXT", "Hint practice key (default hint-practice-key)"),
	TEXT("--webhook-secret", webhook_secret, "TEXT",
	     "Hint secret for webhook signatures (default hint-webhook-secret)"),
	TEXT("--nikohealth-client-id", nikohealth_client_id, "TEXT", "client id of NikoHealth (default niko-client)"),
	TEXT("--nikohealth-client-secret", nikohealth_client_secret, "TEXT", "its secret (default niko-secret)"),
	TEXT("--invented-key", invented_key, "TEXT", "its API key (default invented-key)"),
	SWITCH("--rotate-refresh", rotate_refresh, "a token refresh gives a new refresh token and ends the old one"),
	SWITCH("--person-accounts", person_accounts, "Salesforce has person accounts from the start"),
	SWITCH("--birthdate-year-ignored", birthdate_year_ignored,
	       "SOQL filters on Birthdate compare month and day only"),
	SWITCH("--with-parent", with_parent, "stop when standard input ends"),
	SWITCH("--help", help, "this text"),
};

void options_help(struct buf *out)
{
	buf_add_c(out, "suture-sandbox: stand-in Salesforce and EMRs on 127.0.0.1, for trying and testing Suture.\n\n"
	               "Prints one JSON line with the addresses when ready; stops on SIGTERM or SIGINT.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		SCOPED(buf) struct buf left = BUF_INIT(80);

		buf_printf(&left, "%s %s", rows[i].name, rows[i].argument);
		buf_printf(out, "  %-26s %s\n", buf_text(&left), rows[i].help);
	}
}

static const struct option_row *row_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (str_eq_c(name, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

static int take_value(const struct option_row *row, const char *value, struct options *options, struct err *err)
{
	char *field = (char *)options + row->at;

	if (row->kind == OPTION_SWITCH) {
		*(bool *)(void *)field = true;
		return 0;
	}
	if (row->kind == OPTION_TEXT) {
		*(const char **)(void *)field = value;
		return 0;
	}
	if (!str_to_i64(str_of(value), (int64_t *)(void *)field))
		return err_set(err, ERR_USAGE, "%s: '%s' is no whole number", row->name, value);
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
	*ret = (struct options) {
		.nikohealth_port = -1,
		.invented_port = -1,
		.seed = 1,
		.token_seconds = 7200,
		.limit = 5000000,
		.client_id = "suture-client",
		.client_secret = "suture-secret",
		.api_key = "hint-practice-key",
		.webhook_secret = "hint-webhook-secret",
		.nikohealth_client_id = "niko-client",
		.nikohealth_client_secret = "niko-secret",
		.invented_key = "invented-key",
	};
	for (int i = 1; i < argc; i++) {
		struct str rest = str_of(argv[i]), name = STR_EMPTY;
		const struct option_row *row;
		const char *value = NULL;

		str_split(&rest, '=', &name);
		row = row_of(name);
		if (!row)
			return err_set(err, ERR_USAGE, "unknown argument '%s'; --help lists them", argv[i]);
		if (name.len < str_of(argv[i]).len)
			value = argv[i] + name.len + 1;
		else if (row->kind != OPTION_SWITCH && i + 1 < argc)
			value = argv[++i];
		if (!value && row->kind != OPTION_SWITCH)
			return err_set(err, ERR_USAGE, "%s needs a value", row->name);
		if (take_value(row, value, ret, err) < 0)
			return err->code;
	}
	return 0;
}
