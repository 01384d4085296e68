/* describe: objects and fields with every property of section 3. What is the same for all fields is text at the end. */
#include "sandbox/salesforce/handlers.h"

static void write_switch(struct buf *out, const char *name, bool value)
{
	buf_printf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

static void write_name(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, ",\"%s\":", name);
	if (value)
		json_write_string(out, str_of(value));
	else
		buf_add_c(out, "null");
}

static void write_urls(struct buf *out, struct str version, const struct object *object)
{
	buf_printf(out,
	           ",\"urls\":{\"sobject\":\"/services/data/%.*s/sobjects/%s\",\"describe\":\"/services/data/%.*s/"
	           "sobjects/%s"
	           "/describe\",\"rowTemplate\":\"/services/data/%.*s/sobjects/%s/{ID}\"}",
	           STR_ARG(version), object->name, STR_ARG(version), object->name, STR_ARG(version), object->name);
}

/* What describeGlobal and describe both say of an object, without braces around. */
static void write_object(struct buf *out, struct str version, const struct object *object)
{
	static const char *const always[] = { "queryable", "retrieveable", "layoutable" };
	static const char *const never[] = { "customSetting", "deprecatedAndHidden", "feedEnabled", "hasSubtypes",
		                             "isSubtype",     "mruEnabled",          "isInterface" };
	static const char *const when_writable[] = { "activateable", "createable",    "updateable", "deletable",
		                                     "undeletable",  "replicateable", "searchable", "triggerable" };

	buf_printf(out, "\"name\":\"%s\"", object->name);
	write_name(out, "label", object->label);
	write_name(out, "labelPlural", object->plural);
	write_name(out, "keyPrefix", object->prefix);
	write_switch(out, "custom", object->custom);
	write_switch(out, "mergeable", object->writable && !object->custom);
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		write_switch(out, always[i], true);
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		write_switch(out, never[i], false);
	for (size_t i = 0; i < ARRAY_LEN(when_writable); i++)
		write_switch(out, when_writable[i], object->writable);
	write_urls(out, version, object);
}

void describe_global(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;

	buf_add_c(&answer->body, "{\"encoding\":\"UTF-8\",\"maxBatchSize\":200,\"sobjects\":[");
	for (size_t i = 0; i < org->object_count; i++) {
		buf_add_c(&answer->body, i ? ",{" : "{");
		write_object(&answer->body, version_of(request), org->objects[i]);
		buf_add_char(&answer->body, '}');
	}
	buf_add_c(&answer->body, "]}");
}

/* ---- fields ---- */

static void write_picklist(struct buf *out, const char *picklist)
{
	struct str rest = str_of(picklist), value;
	bool first = true;

	buf_add_c(out, ",\"picklistValues\":[");
	while (picklist && str_split(&rest, '|', &value)) {
		buf_add_c(out, first ? "{\"active\":true,\"defaultValue\":false,\"label\":"
		                     : ",{\"active\":true,\"defaultValue\":false,\"label\":");
		json_write_string(out, value);
		buf_add_c(out, ",\"validFor\":null,\"value\":");
		json_write_string(out, value);
		buf_add_char(out, '}');
		first = false;
	}
	buf_add_char(out, ']');
}

static void write_references(struct buf *out, const char *references)
{
	struct str rest = str_of(references), name;
	bool first = true;

	buf_add_c(out, ",\"referenceTo\":[");
	while (references && str_split(&rest, ',', &name)) {
		buf_printf(out, "%s\"%.*s\"", first ? "" : ",", STR_ARG(name));
		first = false;
	}
	buf_add_char(out, ']');
}

static void write_sizes(struct buf *out, const struct field *field)
{
	unsigned bytes = type_is_text(field->type) ? field->length * 3 : 0;

	if (field->type == TYPE_ID || field->type == TYPE_REFERENCE)
		bytes = ID_LONG;
	buf_printf(out, ",\"length\":%u,\"byteLength\":%u,\"digits\":%d,\"precision\":%d,\"scale\":%d", field->length,
	           bytes, field->type == TYPE_INT ? field->precision : 0,
	           field->type == TYPE_INT ? 0 : field->precision, field->scale);
}

/* Long text areas and compound fields cannot be filtered by or sorted on. */
static bool is_filterable(const struct field *field)
{
	return field->type != TYPE_ADDRESS && !(field->type == TYPE_TEXTAREA && field->length > 255);
}

static void write_switches(struct buf *out, const struct field *field)
{
	unsigned flags = field->flags;
	bool filterable = is_filterable(field);
	const struct {
		const char *name;
		bool value;
	} switches[] = {
		{ "aggregatable", filterable && field->type != TYPE_BOOLEAN },
		{ "autoNumber", false },
		{ "calculated", false },
		{ "cascadeDelete", false },
		{ "caseSensitive", (flags & FIELD_CASE) != 0 },
		{ "createable", (flags & FIELD_CREATE) != 0 },
		{ "custom", (flags & FIELD_CUSTOM) != 0 },
		{ "defaultedOnCreate", (flags & FIELD_DEFAULTED) != 0 },
		{ "dependentPicklist", false },
		{ "deprecatedAndHidden", false },
		{ "encrypted", false },
		{ "externalId", (flags & FIELD_EXTERNAL) != 0 },
		{ "filterable", filterable },
		{ "groupable", filterable && field->type != TYPE_DATETIME && field->type != TYPE_DOUBLE },
		{ "highScaleNumber", false },
		{ "htmlFormatted", false },
		{ "idLookup", (flags & FIELD_LOOKUP) != 0 },
		{ "nameField", (flags & FIELD_NAME) != 0 },
		{ "namePointing", false },
		{ "nillable", !(flags & FIELD_REQUIRED) },
		{ "permissionable", (flags & FIELD_WRITE) != 0 && !(flags & FIELD_REQUIRED) },
		{ "polymorphicForeignKey", false },
		{ "restrictedDelete", false },
		{ "restrictedPicklist", (flags & FIELD_RESTRICTED) != 0 },
		{ "searchPrefilterable", false },
		{ "sortable", filterable },
		{ "unique", (flags & FIELD_UNIQUE) != 0 },
		{ "updateable", (flags & FIELD_UPDATE) != 0 },
		{ "writeRequiresMasterRead", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		write_switch(out, switches[i].name, switches[i].value);
}

static const char *extra_type(const struct field *field)
{
	if (field->source == SOURCE_PERSON_NAME)
		return "personname";
	return field->type == TYPE_TEXTAREA ? "plaintextarea" : NULL;
}

static void write_field(struct buf *out, const struct field *field)
{
	buf_printf(out, "{\"name\":\"%s\"", field->name);
	write_name(out, "label", field->label);
	write_name(out, "type", type_name(field->type));
	write_name(out, "soapType", type_soap(field->type));
	write_sizes(out, field);
	write_switches(out, field);
	write_picklist(out, field->picklist);
	write_references(out, field->reference_to);
	write_name(out, "relationshipName", field->relationship);
	write_name(out, "compoundFieldName", field->compound);
	write_name(out, "extraTypeInfo", extra_type(field));
	buf_printf(out, ",\"defaultValue\":%s", field->type == TYPE_BOOLEAN ? "false" : "null");
	buf_add_c(out, ",\"calculatedFormula\":null,\"controllerName\":null,\"defaultValueFormula\":null,"
	               "\"filteredLookupInfo\":null,\"inlineHelpText\":null,\"mask\":null,\"maskType\":null,"
	               "\"queryByDistance\":false,\"referenceTargetField\":null,\"relationshipOrder\":null}");
}

/* "Contacts" on Account and the like: whoever points here. */
static void write_children(struct buf *out, const struct org *org, const struct object *parent)
{
	bool first = true;

	buf_add_c(out, ",\"childRelationships\":[");
	for (size_t i = 0; i < org->object_count; i++) {
		const struct object *child = org->objects[i];

		for (unsigned f = 0; f < child->field_count; f++) {
			const struct field *field = &child->fields[f];
			bool named = field->source == SOURCE_STORED && str_eq_c(STR("AccountId"), field->name);

			if (!field->reference_to || field->flags & FIELD_HIDDEN ||
			    !str_eq_c(str_of(field->reference_to), parent->name))
				continue;
			buf_printf(out,
			           "%s{\"cascadeDelete\":%s,\"childSObject\":\"%s\",\"deprecatedAndHidden\":false,"
			           "\"field\":\"%s\"",
			           first ? "" : ",", named ? "true" : "false", child->name, field->name);
			write_name(out, "relationshipName", named ? child->plural : NULL);
			write_switch(out, "restrictedDelete", false);
			buf_add_char(out, '}');
			first = false;
		}
	}
	buf_add_char(out, ']');
}

static void write_record_type(struct buf *out, const struct object *types, const struct row *row)
{
	const struct field *name = object_field(types, STR("Name"));
	const struct field *api = object_field(types, STR("DeveloperName"));
	char id[ID_LONG + 1];

	id_long(row->id, id);
	buf_add_c(out, "{\"active\":true,\"available\":true,\"defaultRecordTypeMapping\":false,\"master\":false,"
	               "\"developerName\":");
	json_write_string(out, row_cell(row, api->number));
	buf_add_c(out, ",\"name\":");
	json_write_string(out, row_cell(row, name->number));
	buf_printf(out, ",\"recordTypeId\":\"%s\",\"urls\":{}},", id);
}

static void write_record_types(struct buf *out, const struct org *org, struct str version, const struct object *object)
{
	const struct object *types = org_object(org, STR("RecordType"));
	const struct field *of = object_field(types, STR("SobjectType"));

	buf_add_c(out, ",\"recordTypeInfos\":[");
	for (uint32_t i = 0; i < types->row_count; i++) {
		if (str_eq_c(row_cell(row_at(types, i), of->number), object->name))
			write_record_type(out, types, row_at(types, i));
	}
	buf_printf(out,
	           "{\"active\":true,\"available\":true,\"defaultRecordTypeMapping\":true,"
	           "\"developerName\":\"Master\",\"master\":true,\"name\":\"Master\",\"recordTypeId\":"
	           "\"012000000000000AAA\","
	           "\"urls\":{\"layout\":\"/services/data/%.*s/sobjects/%s/describe/layouts/012000000000000AAA\"}}]",
	           STR_ARG(version), object->name);
}

static void write_describe(struct buf *out, const struct org *org, struct str version, const struct object *object)
{
	buf_add_char(out, '{');
	write_object(out, version, object);
	buf_add_c(out,
	          ",\"actionOverrides\":[],\"compactLayoutable\":true,\"supportedScopes\":[],\"namedLayoutInfos\":[]");
	write_record_types(out, org, version, object);
	write_children(out, org, object);
	buf_add_c(out, ",\"fields\":[");
	for (unsigned i = 0; i < object->field_count; i++) {
		if (object->fields[i].flags & FIELD_HIDDEN)
			continue;
		if (i)
			buf_add_char(out, ',');
		write_field(out, &object->fields[i]);
	}
	buf_add_c(out, "]}");
}

/* Whoever asks "since" gets 304 (section 2.5), unless an administrator changed a field in or after that second. */
static bool unchanged(const struct object *object, const struct request *request, struct answer *answer)
{
	uint32_t since;

	if (!stamp_read_http(request_header(request, "If-Modified-Since"), &since) || since <= object->schema_changed)
		return false;
	answer->status = 304;
	return true;
}

void describe_object(void *state, struct request *request, struct answer *answer)
{
	struct object *object = object_of(state, request, answer);
	char now[40];

	if (!object || unchanged(object, request, answer))
		return;
	write_describe(&answer->body, state, version_of(request), object);
	stamp_write_http(stamp_now(), now);
	answer_header(answer, "Last-Modified", arena_str(answer->arena, str_of(now)));
}

void show_object(void *state, struct request *request, struct answer *answer)
{
	struct object *object = object_of(state, request, answer);

	if (!object)
		return;
	buf_add_c(&answer->body, "{\"objectDescribe\":{");
	write_object(&answer->body, version_of(request), object);
	buf_add_c(&answer->body, "},\"recentItems\":[]}");
}
