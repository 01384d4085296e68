/*
 * Salesforce's error words and what to do about them. Rows of a collections call say `statusCode`, whole calls say `errorCode`;
 * the words are the same. To add one: a row here; docs/CONNECTORS.md tells a person the same.
 */
#include "connectors/salesforce/sf.h"

#include "connectors/answer.h"

static const struct sf_error errors[] = {
	{ "REQUEST_LIMIT_EXCEEDED", SF_LATER_LIMIT,
	  "the org's API calls of the last 24 hours are used up: wait, or ask for more" },
	{ "STORAGE_LIMIT_EXCEEDED", SF_LATER_LIMIT, "the org's storage is full: delete records or buy storage" },
	{ "UNABLE_TO_LOCK_ROW", SF_AGAIN, "another process holds the record or its account; it is sent again" },
	{ "SERVER_UNAVAILABLE", SF_AGAIN, "Salesforce is not available; it is sent again" },
	{ "UNKNOWN_EXCEPTION", SF_AGAIN, "Salesforce failed; it is sent again" },
	{ "QUERY_TIMEOUT", SF_AGAIN, "the query ran too long: narrow the filter of the object sync" },
	{ "INVALID_QUERY_LOCATOR", SF_AGAIN, "the server's page mark has expired" },
	{ "ALL_OR_NONE_OPERATION_ROLLED_BACK", SF_AGAIN, "rolled back because of another record; it is sent again" },
	{ "PROCESSING_HALTED", SF_AGAIN, "stopped because of another record; it is sent again" },
	{ "OPERATION_TOO_LARGE", SF_SMALLER, "the call is too large even for one record" },
	{ "EXCEEDED_ID_LIMIT", SF_SMALLER, "too many ids in one call" },
	{ "TXN_SECURITY_METERING_ERROR", SF_SMALLER, "a transaction policy of the org stops this record" },
	{ "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", SF_SMALLER,
	  "a trigger or flow of the org fails for this record: show it to the org's developer" },
	{ "CANNOT_EXECUTE_FLOW_TRIGGER", SF_SMALLER,
	  "a flow of the org fails for this record: show it to the org's administrator" },
	{ "LIMIT_EXCEEDED", SF_SMALLER, "automation of the org exceeds a limit for this record" },
	{ "APEX_ERROR", SF_SMALLER, "Apex code of the org fails for this record: show it to the org's developer" },
	{ "JSON_PARSER_ERROR", SF_SMALLER,
	  "a value has another type than its field: check the transform of the mapping" },
	{ "INVALID_SESSION_ID", SF_SIGN_IN,
	  "the sign-in is not accepted: check the connected app and its user, then run the check again" },
	{ "API_DISABLED_FOR_ORG", SF_SIGN_IN,
	  "the org or this user may not use the API: an administrator must allow it" },
	{ "API_CURRENTLY_DISABLED", SF_SIGN_IN, "the API is switched off for this user" },
	{ "INSUFFICIENT_ACCESS_OR_READONLY", SF_SET_UP,
	  "our user may not change this record: give it edit rights on the object" },
	{ "INSUFFICIENT_ACCESS", SF_SET_UP, "our user lacks a right on this record" },
	{ "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", SF_SET_UP,
	  "our user may not use the record that is referred to (often its account)" },
	{ "FUNCTIONALITY_NOT_ENABLED", SF_SET_UP, "the org does not have this function" },
	{ "INVALID_TYPE", SF_SET_UP, "the org has no such object, or our user may not see it" },
	{ "INVALID_FIELD", SF_SET_UP,
	  "the org has no such field, or our user may not see it: run the check, then mend the mapping or the "
	  "permission set" },
	{ "INVALID_FIELD_FOR_INSERT_UPDATE", SF_SET_UP,
	  "our user may not write this field: mend the permission set or the mapping" },
	{ "MALFORMED_QUERY", SF_SET_UP, "Salesforce cannot read the query: check the filter of the object sync" },
	{ "INVALID_QUERY_FILTER_OPERATOR", SF_SET_UP,
	  "Salesforce cannot use this comparison: check the filter of the object sync" },
	{ "METHOD_NOT_ALLOWED", SF_SET_UP, "the API version does not know this call: check api_version" },
	{ "NOT_FOUND", SF_GONE, "no such record, object, external id field or API version" },
	{ "ENTITY_IS_DELETED", SF_GONE, "the record was deleted or merged" },
	{ "INVALID_CROSS_REFERENCE_KEY", SF_GONE, "the record, or one it refers to, is not there any more" },
	{ "MALFORMED_ID", SF_DATA, "an id is of another object" },
	{ "REQUIRED_FIELD_MISSING", SF_DATA,
	  "a required field is empty: fill it in the EMR or give the mapping a default" },
	{ "STRING_TOO_LONG", SF_DATA,
	  "the text is longer than the field: shorten it in the EMR or let the mapping cut it" },
	{ "INVALID_EMAIL_ADDRESS", SF_DATA, "no valid e-mail address: correct it at its source" },
	{ "FIELD_CUSTOM_VALIDATION_EXCEPTION", SF_DATA,
	  "a validation rule of the org refuses it: correct the data or the rule" },
	{ "FIELD_FILTER_VALIDATION_EXCEPTION", SF_DATA,
	  "a lookup filter of the org refuses the record that is referred to" },
	{ "FIELD_INTEGRITY_EXCEPTION", SF_DATA,
	  "the value does not fit together with another (often state and country)" },
	{ "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", SF_DATA,
	  "the picklist has no such value: add it, or map it to one" },
	{ "INVALID_TYPE_ON_FIELD_IN_RECORD", SF_DATA,
	  "the value has another type than its field: check the transform" },
	{ "NUMBER_OUTSIDE_VALID_RANGE", SF_DATA, "the number is out of the field's range" },
	{ "DUPLICATE_VALUE", SF_DATA,
	  "another record already has this unique value: link to that record, or look for a pair of patients" },
	{ "DUPLICATES_DETECTED", SF_DATA,
	  "a duplicate rule of the org found a similar record: link to that one, or allow it" },
	{ "DELETE_FAILED", SF_DATA, "other records hold on to it" },
};

static const struct sf_error unknown_error = { "", SF_DATA,
	                                       "Salesforce refused the record; its own words are kept with it" };

const struct sf_error *sf_error_of(struct str code)
{
	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (str_eq_c(code, errors[i].code))
			return &errors[i];
	return &unknown_error;
}

static const struct {
	enum delivery delivery;
	enum err_code whole;
} kinds[] = {
	[SF_AGAIN] = { RETRY_LATER, ERR_FAR_SIDE },   [SF_SMALLER] = { REFUSED, ERR_REFUSED },
	[SF_LATER_LIMIT] = { RETRY_LATER, ERR_RATE }, [SF_SET_UP] = { REFUSED, ERR_CONFIG },
	[SF_SIGN_IN] = { RETRY_LATER, ERR_AUTH },     [SF_DATA] = { REFUSED, ERR_REFUSED },
	[SF_GONE] = { GONE, ERR_NOT_FOUND },
};

enum delivery sf_error_delivery(const struct sf_error *error)
{
	return kinds[error->kind].delivery;
}

struct str sf_body_code(const struct http_answer *answer, struct arena *arena, struct str *ret_message)
{
	struct err ignored = ERR_INIT;
	struct json *body = NULL;
	const struct json *first;

	*ret_message = STR_EMPTY;
	if (answer_json(answer, arena, &body, &ignored) < 0)
		return STR_EMPTY;
	first = body->kind == JSON_ARRAY ? json_at(body, 0) : body;
	*ret_message = answer_cut(json_get_text(first, "message"));
	return json_get_text(first, "errorCode");
}

/* "No such column 'X' on ...": the name of a column is nobody's data, and the one thing a person needs. */
static struct str missing_column(struct str message)
{
	static const struct str lead = { "No such column '", 16 };
	ptrdiff_t at = str_find(message, lead), end;
	struct str rest;

	if (at < 0)
		return STR_EMPTY;
	rest = str_skip(message, (size_t)at + lead.len);
	end = str_find_char(rest, '\'');
	if (end <= 0 || !sf_name_valid(str_range(rest.at, (size_t)end)))
		return STR_EMPTY;
	return str_range(rest.at, (size_t)end);
}

int sf_refusal(const struct http_answer *answer, struct arena *arena, const char *what, struct err *err)
{
	struct str message, code = sf_body_code(answer, arena, &message), column = missing_column(message);
	const struct sf_error *error = sf_error_of(code);

	if (code.len == 0 || answer->status == 401 || error == &unknown_error)
		return answer_refusal(answer, what, err);
	return err_set(err, kinds[error->kind].whole, "%s: %s%s%.*s (%.*s)", what, error->advice,
	               column.len ? ": " : "", STR_ARG(column), STR_ARG(code));
}
