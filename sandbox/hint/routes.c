/* routes: what the API does with one patient, and the reference data. */
#include "sandbox/hint/hint.h"

#include "sandbox/hint/webhooks.h"

static struct patient *wanted(struct hint *hint, struct request *request, struct answer *answer)
{
	struct patient *p = patients_find(hint, request_param(request, "id"));

	if (!p)
		hint_fail(answer, 404, "Couldn't find Patient");
	return p;
}

void get_patient(void *state, struct request *request, struct answer *answer)
{
	struct patient *p = wanted(state, request, answer);

	if (p)
		patient_write(state, p, &answer->body);
}

void create_patient(void *state, struct request *request, struct answer *answer)
{
	struct json *body = hint_body(request, answer);
	struct err err = ERR_INIT;
	struct patient *p;

	if (!body)
		return;
	if (patient_save(state, NULL, STR_EMPTY, body, MAY_API, &p, &err) < 0) {
		hint_fail_err(answer, &err);
		return;
	}
	webhooks_patient(state, "patient.created", p, true);
	patient_write(state, p, &answer->body);
}

/* PATCH and PUT are handled the same: members that are not sent stay. */
void change_patient(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	struct patient *p = wanted(hint, request, answer);
	struct json *body = p ? hint_body(request, answer) : NULL;
	struct err err = ERR_INIT;
	uint64_t before = hint->version;

	if (!body)
		return;
	if (patient_save(hint, p, STR_EMPTY, body, MAY_API, &p, &err) < 0) {
		hint_fail_err(answer, &err);
		return;
	}
	if (hint->version != before)
		webhooks_patient(hint, "patient.updated", p, true);
	patient_write(hint, p, &answer->body);
}

/* The three conditions under which Hint refuses to archive; NULL: none holds. */
static const char *archive_refusal(const struct patient *p)
{
	if (str_eq_c(packed_get(&p->values, F_MEMBERSHIP_STATUS), "\"active\""))
		return "Validation failed: Patient has an active membership";
	if (!str_eq_c(packed_get(&p->values, F_PAST_DUE), "0"))
		return "Validation failed: Patient has an unpaid balance";
	if (!str_eq_c(packed_get(&p->values, F_COMPANY_NAME), "null"))
		return "Validation failed: Patient is linked to a company";
	return NULL;
}

void delete_patient(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	struct patient *p = wanted(hint, request, answer);
	const char *refusal = p ? archive_refusal(p) : NULL;

	if (!p)
		return;
	if (refusal) {
		hint_fail(answer, 422, refusal);
		return;
	}
	patient_archive(hint, p);
	webhooks_patient(hint, "patient.destroyed", p, true);
	answer->status = 204;
}

void get_records(void *state, struct request *request, struct answer *answer)
{
	struct patient *p = wanted(state, request, answer);
	struct str id;

	if (!p)
		return;
	id = packed_get(&p->values, F_RECORD_ID);
	if (str_eq_c(id, "null"))
		buf_add_c(&answer->body, "[]");
	else
		buf_printf(&answer->body,
		           "[{\"integration_record_id\":%.*s,\"partner\":{\"id\":\"ptr-2NkR7sWd8LqV\",\"name\":\"CRM "
		           "Sync\"}}]",
		           STR_ARG(id));
}

void get_ssn(void *state, struct request *request, struct answer *answer)
{
	struct patient *p = wanted(state, request, answer);
	struct str ssn;

	if (!p)
		return;
	ssn = packed_text(&p->values, request->arena, F_SSN);
	if (ssn.len == 9)
		buf_printf(&answer->body, "{\"formatted_number\":\"%.3s-%.2s-%.4s\",\"number\":\"%.9s\"}", ssn.at,
		           ssn.at + 3, ssn.at + 5, ssn.at);
	else
		buf_add_c(&answer->body, "{\"formatted_number\":null,\"number\":null}");
}

void get_practice(void *state, struct request *request, struct answer *answer)
{
	buf_add_c(&answer->body, "{\"id\":");
	json_write_string(&answer->body, hint_id(state, request->arena, HINT_PRACTICE));
	buf_add_c(
	        &answer->body,
	        ",\"address_city\":\"Boise\",\"address_country\":\"United States\",\"address_line1\":\"410 Grove Ave\","
	        "\"address_line2\":null,\"address_state\":\"ID\",\"address_zip\":\"83702\",\"email\":\"hello@grove."
	        "example\","
	        "\"name\":\"Grove Street Primary Care\",\"url\":\"https://grove.example\",\"logo_url\":null,"
	        "\"integration_record_id\":null,\"phones\":[{\"number\":\"3715550142\",\"type\":\"office\","
	        "\"us_formattable\":true}]}");
}

void get_practitioners(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	practice_write_practitioners(&answer->body);
}

void get_locations(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	practice_write_locations(&answer->body);
}

void get_lead_sources(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	practice_write_lead_sources(&answer->body);
}
