/*
 * The Salesforce connector: its settings, its opening and closing, and who we are in the org. Reading is sf_read.c, writing
 * sf_write.c, signing in sf_login.c, the words of refusals sf_errors.c.
 */
#include "connectors/salesforce/salesforce.h"

#include "connectors/answer.h"
#include "connectors/salesforce/sf.h"
#include "connectors/settings.h"
#include "lib/clock.h"

/* To add an option: a row here, and its use in read_settings or sf_login_open. */
static const struct option sf_options[] = {
	{ "login_url", "where to sign in: https://NAME.my.salesforce.com, or https://login.salesforce.com", NULL,
	  false },
	{ "api_version", "version of the API", "62.0", false },
	{ "auth", "way of signing in: client_credentials, jwt or refresh_token", "client_credentials", false },
	{ "client_id", "the app's consumer key", NULL, false },
	{ "client_secret", "the app's consumer secret", "", true },
	{ "username", "jwt: user as whom we act", "", false },
	{ "private_key", "jwt: PEM text of the key whose certificate the app holds", "", true },
	{ "audience", "jwt: audience of the assertion; empty: login_url", "", false },
	{ "refresh_token", "refresh_token: what the authorisation left", "", true },
	{ "web_url", "address of a record for people, {id} in it; empty: from the instance", "", false },
	{ "hook_secret", "secret that the package in the org signs its calls with; empty: they are refused", "", true },
	{ "instance_hosts",
	  "hosts where the org's instance may be, beside that of login_url; .NAME: all below it; comma separated",
	  ".salesforce.com,.force.com,.salesforce.mil,.cloudforce.com", false },
	{ "hook_window", "seconds that a call of the package may be old", "300", false },
	SETTINGS_HTTP_OPTIONS("0", "8"),
	{ 0 },
};

/* A date so much lower than we thought: the clock was set back, or the answer was slow, and too low does no harm. */
static const int64_t set_back_ms = 2000;

struct sf *sf_of(struct connection *c)
{
	ensure(c->magic == SF_MAGIC);
	return (struct sf *)c;
}

/* A monotonic clock that stands still while the machine sleeps makes this too early, never too late. */
int64_t sf_server_ms(const struct sf *sf)
{
	int64_t offset_ms = sf->clock_offset_ms;

	return offset_ms ? offset_ms + clock_mono_ns() / 1000000 : 0;
}

/* "Sforce-Limit-Info: api-usage=18/5000", perhaps followed by "; per-app-api-usage=17/250(appName=..)". */
static void read_limits(struct sf *sf, struct str value)
{
	static const struct str lead = { "api-usage=", 10 };
	struct str rest = value, part, used;
	int64_t n, max;

	if (!str_split(&rest, ';', &part) || !str_starts(str_trim(part), lead))
		return;
	rest = str_skip(str_trim(part), lead.len);
	if (!str_split(&rest, '/', &used) || !str_to_i64(used, &n) || !str_to_i64(rest, &max))
		return;
	sf->api_used = n;
	sf->api_max = max;
}

/*
 * A date is cut to its second and takes a while to reach us, so each is a lower bound of the clock and the highest is the
 * best; unless the org's clock was set back.
 */
static void read_clock(struct sf *sf, int64_t server_ms)
{
	int64_t offset_ms = server_ms - clock_mono_ns() / 1000000, known_ms = sf->clock_offset_ms;

	if (server_ms && (known_ms == 0 || offset_ms > known_ms || offset_ms < known_ms - set_back_ms))
		sf->clock_offset_ms = offset_ms;
}

static void observe(void *context, unsigned status UNUSED, const struct http_header *headers, size_t count)
{
	struct sf *sf = context;
	const struct http_answer view = { .headers = headers, .header_count = count };

	read_clock(sf, answer_server_ms(&view));
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(headers[i].name, STR("Sforce-Limit-Info")))
			read_limits(sf, headers[i].value);
}

static bool version_valid(struct str version)
{
	double number;

	return version.len <= 6 && str_find_char(version, '.') > 0 && str_to_double(version, &number) && number >= 46;
}

static int read_settings(struct sf *sf, const struct json *settings, struct err *err)
{
	struct str version = settings_text(sf_options, settings, "api_version");
	double window_s = 0;

	if (settings_check(sf_options, settings, err) < 0 ||
	    settings_target(sf_options, settings, &sf->base.target, err) < 0 ||
	    settings_number(sf_options, settings, "hook_window", 1, 86400, &window_s, err) < 0 ||
	    sf_login_open(sf, sf_options, settings, err) < 0)
		return err_pass(err);
	if (!version_valid(version))
		return err_set(err, ERR_CONFIG,
		               "setting 'api_version' must be a version from \"46.0\" on, such as \"62.0\"");
	sf->base.traits.web_link = arena_str(&sf->arena, settings_text(sf_options, settings, "web_url"));
	sf->instance_hosts = arena_str(&sf->arena, settings_text(sf_options, settings, "instance_hosts"));
	sf->hook_secret = arena_str(&sf->arena, settings_text(sf_options, settings, "hook_secret"));
	sf->hook_window_ms = (int64_t)(window_s * 1000);
	sf->cometd = arena_printf(&sf->arena, "/cometd/%.*s", STR_ARG(version));
	sf->data = arena_printf(&sf->arena, "/services/data/v%.*s", STR_ARG(version));
	return 0;
}

static void sf_close(struct connection **c)
{
	struct sf *sf = sf_of(*c);
	struct arena arena;

	oauth_free(&sf->oauth);
	pthread_mutex_destroy(&sf->lock);
	sf->base.magic = 0;
	arena = sf->arena;
	*c = NULL;
	arena_release(&arena);
}

static int sf_open(const struct connector *kind, const struct json *settings, struct http_client *http,
                   struct connection **ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct sf *sf = arena_new(&arena, struct sf);
	struct connection *c = &sf->base;

	sf->arena = arena;
	sf->http = http;
	sf->base.magic = SF_MAGIC;
	sf->base.kind = kind;
	sf->base.traits = (struct traits) {
		.page_size = 2000, .fetch_batch = 2000, .write_batch = 200, .bulk_batch = 10000, .has_times = true
	};
	sf->base.memory = &sf->arena;
	must(pthread_mutex_init(&sf->lock, NULL) == 0);
	if (read_settings(sf, settings, err) < 0) {
		int code = err->code;

		sf_close(&c);
		return code;
	}
	sf->base.target.authorize = sf_authorize;
	sf->base.target.context = sf;
	sf->base.target.observe = observe;
	*ret = c;
	return 0;
}

/* The org's name is a courtesy: not every integration user may read it. */
static struct str org_name(struct sf *sf, struct arena *arena)
{
	struct err ignored = ERR_INIT;
	struct json *rows = NULL;
	struct str url =
	        arena_printf(arena, "%.*s/query?q=SELECT%%20Id%%2CName%%20FROM%%20Organization", STR_ARG(sf->data));
	struct str name = STR_EMPTY;

	if (sf_get(sf, arena, url, "ask for the org's name", &rows, &ignored) == 0)
		name = answer_walk_text(rows, STR("records.0.Name"));
	return name.len ? name : STR("Salesforce");
}

static int sf_check(struct connection *c, struct arena *arena, struct str *ret_who, struct err *err)
{
	struct sf *sf = sf_of(c);
	struct json *resources;
	struct str name;

	if (sf_sign_in(sf, err) < 0)
		return err->code;
	if (sf_get(sf, arena, arena_printf(arena, "%.*s/", STR_ARG(sf->data)), "ask for the API's resources",
	           &resources, err) < 0)
		return err->code;
	if (!json_get(resources, "sobjects"))
		return err_set(err, ERR_FAR_SIDE,
		               "the answer is not what Salesforce answers: is there a proxy in between?");
	name = org_name(sf, arena);
	must(pthread_mutex_lock(&sf->lock) == 0);
	sf->base.traits.our_user = sf->user_id;
	if (sf->base.traits.web_link.len == 0)
		sf->base.traits.web_link = arena_printf(&sf->arena, "%.*s/{id}", STR_ARG(sf->base.target.base));
	must(pthread_mutex_unlock(&sf->lock) == 0);
	*ret_who = arena_printf(arena, "%.*s (org %.*s, user %.*s)", STR_ARG(name), STR_ARG(sf->org_id),
	                        STR_ARG(sf->user_id));
	return 0;
}

/* "DailyApiRequests": calls of the last 24 hours; the window glides, so nothing ever begins anew. */
static int ask_limits(struct sf *sf, struct arena *arena, struct err *err)
{
	struct json *limits;
	int64_t max, left;

	if (sf_get(sf, arena, arena_printf(arena, "%.*s/limits", STR_ARG(sf->data)), "ask for the API limits", &limits,
	           err) < 0)
		return err->code;
	max = json_int(json_walk(limits, "DailyApiRequests.Max"), -1);
	left = json_int(json_walk(limits, "DailyApiRequests.Remaining"), -1);
	if (max < 0 || left < 0)
		return 0; /* the header of this very answer may have told */
	sf->api_used = max - left;
	sf->api_max = max;
	return 0;
}

static int sf_budget(struct connection *c, struct arena *arena, bool ask, struct budget_facts *ret, struct err *err)
{
	struct sf *sf = sf_of(c);

	*ret = (struct budget_facts) { 0 };
	if (ask && ask_limits(sf, arena, err) < 0)
		return err->code;
	*ret = (struct budget_facts) { .known = sf->api_max > 0, .used = sf->api_used, .allowance = sf->api_max };
	return 0;
}

const struct connector salesforce_connector = {
	.name = "salesforce",
	.title = "Salesforce",
	.is_crm = true,
	.options = sf_options,
	.open = sf_open,
	.close = sf_close,
	.check = sf_check,
	.describe = sf_describe,
	.objects = sf_objects,
	.exchange_code = sf_exchange_code,
	.authorize_url = sf_authorize_url,
	.list_start = sf_list_start,
	.list_finish = sf_list_finish,
	.fetch_start = sf_fetch_start,
	.fetch_finish = sf_fetch_finish,
	.write_start = sf_write_start,
	.write_finish = sf_write_finish,
	.bulk_start = sf_bulk_start,
	.bulk_finish = sf_bulk_finish,
	.changes_start = sf_changes_start,
	.changes_finish = sf_changes_finish,
	.search_start = sf_search_start,
	.search_finish = sf_search_finish,
	.webhook = sf_webhook,
	.hook_test = sf_hook_test,
	.event_names = sf_event_names,
	.listen = sf_listen,
	.budget = sf_budget,
	.record_id = sf_record_id,
};
