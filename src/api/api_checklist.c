/*
 * checklist: how far the first set-up has come. Every step is read off what is stored, so that it is true whoever did it, here or on the command line.
 *
 *	gather()  what there is: connections, the integration, syncs
 *	steps[]   each with its question and the place in the console where it is done
 */
#include "api/api_internal.h"

#include "codec/url.h"
#include "codec/yaml.h"
#include "connectors/connector.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/hooks.h"
#include "sync/run.h"

enum { PATH_MAX_LEN = 400 };

struct facts {
	struct json *file;              /* the configuration */
	const struct json *integration; /* NULL: none yet */
	struct str connection[2];       /* by side: one of that kind; empty: none */
	bool signed_in[2];              /* ... and it holds what opens the far system */
	struct str sync;                /* the first; empty: none */
};

/* A kind that is signed in to by a person or a code keeps what that left; the others sign in with what is configured. */
static bool is_signed_in(const struct connector *kind, const struct json *stored)
{
	bool by_itself = kind->authorize_url && !str_eq_c(json_get_text(stored, "auth"), "refresh_token");

	return !kind->exchange_code || by_itself || json_get(stored, "token") || json_get(stored, "refresh_token");
}

static void take_connection(struct facts *f, const struct json *stored)
{
	const struct connector *kind = connector_find(json_get_text(stored, "kind"));
	enum side side = kind && kind->is_crm ? SIDE_CRM : SIDE_EMR;

	if (!kind || f->signed_in[side])
		return;
	f->connection[side] = stored->key;
	f->signed_in[side] = is_signed_in(kind, stored);
}

static int gather(struct api_call *call, struct facts *f, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);
	struct sync_row *syncs;
	size_t count;

	if (catalog_export(&call->engine, &text, err) < 0 ||
	    yaml_parse(call->arena, arena_str(call->arena, buf_str(&text)), &f->file, err) < 0 ||
	    catalog_syncs(&call->engine, call->arena, &syncs, &count, err) < 0)
		return err_pass(err);
	JSON_EACH (json_get(f->file, "connections"), stored)
		take_connection(f, stored);
	f->integration = json_get(f->file, "integration");
	f->sync = count ? syncs[0].name : STR_EMPTY;
	return 0;
}

/* ---- the questions: 1 done, 0 not yet, or a negative error ---- */

static int has_account(struct api_call *call, const struct facts *f UNUSED, struct err *err)
{
	struct str code;

	return access_setup_code(call->api->options.access, call->arena, &code, err) < 0 ? err_pass(err)
	                                                                                 : code.len == 0;
}

static int has_crm(struct api_call *call UNUSED, const struct facts *f, struct err *err UNUSED)
{
	return f->signed_in[SIDE_CRM];
}

static int has_emr(struct api_call *call UNUSED, const struct facts *f, struct err *err UNUSED)
{
	return f->signed_in[SIDE_EMR];
}

static int has_integration(struct api_call *call UNUSED, const struct facts *f, struct err *err UNUSED)
{
	return json_get_text(f->integration, "default_account").len > 0;
}

static int has_sync(struct api_call *call UNUSED, const struct facts *f, struct err *err UNUSED)
{
	return f->sync.len > 0;
}

/* The subject is that of api_check.c and of `suture preview`. */
static int has_previewed(struct api_call *call, const struct facts *f UNUSED, struct err *err)
{
	struct audit_entry *found;
	size_t count;

	if (audit_of(&call->engine, call->arena, STR("preview of one record"), 1, &found, &count, err) < 0)
		return err_pass(err);
	return count > 0;
}

static int has_imported(struct api_call *call, const struct facts *f UNUSED, struct err *err)
{
	const struct run_filter filter = { .kind = STR("import"), .states = 1U << RUN_DONE, .limit = 1 };
	struct run *runs;
	size_t count;

	if (run_search(&call->engine, call->arena, &filter, &runs, &count, err) < 0)
		return err_pass(err);
	return count > 0;
}

/* A far system was told where we are, somebody listens to a stream, or something came already. */
static int has_real_time(struct api_call *call, const struct facts *f UNUSED, struct err *err)
{
	const struct staged_filter came = { .doors = 1U << DOOR_WEBHOOK | 1U << DOOR_STREAM };
	struct hook_place *places;
	struct live_sync *live;
	size_t places_count, live_count;
	int64_t any;

	if (hooks_list(&call->engine, call->arena, api_public_base(call), &places, &places_count, err) < 0 ||
	    live_state(call->api->options.live, call->arena, &live, &live_count, err) < 0 ||
	    stage_count(&call->engine, &came, 1, &any, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < places_count; i++)
		any += places[i].told_address.len > 0;
	for (size_t i = 0; i < live_count; i++)
		any += live[i].streams;
	return any > 0;
}

/* ---- the steps ---- */

/* `path`: where it is made, while there is none; then path_of, its name, rest. */
struct step {
	const char *key, *title;
	int (*is_done)(struct api_call *call, const struct facts *f, struct err *err);
	const char *path, *path_of, *rest; /* path_of, then the name, then rest */
	int side;                          /* of the connection whose name it is; -1: the sync's */
};

static const struct step steps[] = {
	{ "account", "Make the first account", has_account, "/accounts", NULL, "", -1 },
	{ "crm", "Connect Salesforce", has_crm, "/connections/new?side=crm", "/connections/", "", SIDE_CRM },
	{ "emr", "Connect the EMR", has_emr, "/connections/new?side=emr", "/connections/", "", SIDE_EMR },
	{ "integration", "Integrate the two, with a Default Account", has_integration, "/integrations", NULL, "", -1 },
	{ "sync", "Save a data sync", has_sync, "/mapping/new", "/mapping/", "", -1 },
	{ "preview", "Look at a preview of real records", has_previewed, "/mapping/new", "/mapping/", "?step=preview",
	  -1 },
	{ "import", "Run the first import", has_imported, "/runs/new", "/runs/new?sync=", "", -1 },
	{ "real_time", "Switch on real time", has_real_time, "/realtime", "/realtime/", "", -1 },
};

static struct str path_of(struct api_call *call, const struct facts *f, const struct step *step)
{
	SCOPED(buf) struct buf text = BUF_INIT(PATH_MAX_LEN);
	struct str name = step->side < 0 ? f->sync : f->connection[step->side];

	if (!step->path_of || name.len == 0)
		return str_of(step->path);
	buf_add(&text, str_of(step->path_of));
	url_encode(&text, name);
	buf_add(&text, str_of(step->rest));
	return buf_ok(&text) ? arena_str(call->arena, buf_str(&text)) : str_of(step->path);
}

static int show_checklist(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct facts facts = { 0 };
	int64_t done = 0;

	if (gather(call, &facts, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct json *item = api_new(call);
		int is_done = steps[i].is_done(call, &facts, err);

		if (is_done < 0)
			return err_pass(err);
		api_set(call, item, "key", str_of(steps[i].key));
		api_set(call, item, "title", str_of(steps[i].title));
		api_set_bool(call, item, "done", is_done > 0);
		api_set(call, item, "path", path_of(call, &facts, &steps[i]));
		json_append(items, item);
		done += is_done;
	}
	call->answer = api_list(call, items, false, 0);
	api_set_int(call, call->answer, "done", done);
	return 0;
}

const struct api_route api_checklist_routes[] = {
	{ "GET", "/checklist", show_checklist, RIGHT_SEE },
	{ 0 },
};
