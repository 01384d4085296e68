/*
 * fields: every member of a patient row, in the order of the answer (API reference, patient schema). To add one: a row here,
 * and for FIELD_COMPUTED a row in `computed` of patient_write.c.
 *
 * A patient is kept as a list of the values that differ from the row's default, each as finished JSON text (values.h); a row of
 * the API is written by walking this list beside theirs.
 */
#ifndef SANDBOX_HINT_FIELDS_H
#define SANDBOX_HINT_FIELDS_H

#include "lib/str.h"

enum field_kind {
	FIELD_TEXT, /* text or null */
	FIELD_DATE, /* YYYY-MM-DD or null: anything else is refused */
	FIELD_BOOL,
	FIELD_STATE, /* text; names of states become two letters */
	FIELD_JSON,  /* any JSON, kept as given */
	FIELD_PHONES,
	FIELD_SSN,
	FIELD_EMERGENCY,
	FIELD_PRACTITIONER,
	FIELD_LOCATION,
	FIELD_LEAD_SOURCE,
	FIELD_RECORD_ID,
	FIELD_COMPUTED, /* never kept */
	FIELD_HIDDEN    /* kept, never shown: what computed members are made of */
};

/* Who may set it: the API (W), or only a person in Hint and seeds (P); 0: nobody. */
enum { MAY_API = 1, MAY_PERSON = 2 };
#define W (MAY_API | MAY_PERSON)
#define P MAY_PERSON

#define FIELD_LIST(X)                                                                          \
	X(F_ID, "id", FIELD_COMPUTED, 0, "null")                                               \
	X(F_ADDRESS_CITY, "address_city", FIELD_TEXT, W, "null")                               \
	X(F_ADDRESS_COUNTRY, "address_country", FIELD_TEXT, W, "null")                         \
	X(F_ADDRESS_LINE1, "address_line1", FIELD_TEXT, W, "null")                             \
	X(F_ADDRESS_LINE2, "address_line2", FIELD_TEXT, W, "null")                             \
	X(F_ADDRESS_STATE, "address_state", FIELD_STATE, W, "null")                            \
	X(F_ADDRESS_ZIP, "address_zip", FIELD_TEXT, W, "null")                                 \
	X(F_AGE, "age", FIELD_COMPUTED, 0, "null")                                             \
	X(F_CHOSEN_FIRST_NAME, "chosen_first_name", FIELD_TEXT, W, "null")                     \
	X(F_CHOSEN_LAST_NAME, "chosen_last_name", FIELD_TEXT, W, "null")                       \
	X(F_CHOSEN_MIDDLE_NAME, "chosen_middle_name", FIELD_TEXT, W, "null")                   \
	X(F_CHOSEN_SUFFIX, "chosen_suffix", FIELD_TEXT, W, "null")                             \
	X(F_CHOSEN_TITLE, "chosen_title", FIELD_TEXT, W, "null")                               \
	X(F_CREATED_AT, "created_at", FIELD_COMPUTED, 0, "null")                               \
	X(F_DOB, "dob", FIELD_DATE, W, "null")                                                 \
	X(F_CONSENT, "electronic_communication_consent_accepted", FIELD_BOOL, W, "false")      \
	X(F_CONSENT_AT, "electronic_communication_consent_accepted_at", FIELD_TEXT, P, "null") \
	X(F_EMAIL, "email", FIELD_TEXT, W, "null")                                             \
	X(F_ENGAGED, "engaged", FIELD_BOOL, P, "false")                                        \
	X(F_EXTERNAL_LINK_ID, "external_link_id", FIELD_TEXT, W, "null")                       \
	X(F_FIRST_NAME, "first_name", FIELD_TEXT, W, "null")                                   \
	X(F_GENDER, "gender", FIELD_TEXT, W, "null")                                           \
	X(F_GENDER_IDENTITY, "gender_identity", FIELD_TEXT, W, "null")                         \
	X(F_GENDER_OTHER, "gender_other", FIELD_TEXT, W, "null")                               \
	X(F_GROUP_ID, "health_insurance_group_id", FIELD_TEXT, W, "null")                      \
	X(F_MEMBER_ID, "health_insurance_member_id", FIELD_TEXT, W, "null")                    \
	X(F_PAYER_ID, "health_insurance_payer_id", FIELD_TEXT, W, "null")                      \
	X(F_PAYER_NAME, "health_insurance_payer_name", FIELD_TEXT, W, "null")                  \
	X(F_HIPAA, "hipaa_authorization_accepted", FIELD_BOOL, P, "false")                     \
	X(F_HIPAA_AT, "hipaa_authorization_accepted_at", FIELD_TEXT, P, "null")                \
	X(F_IMPORT_ID, "import_id", FIELD_TEXT, W, "null")                                     \
	X(F_IMPORT_SOURCE, "import_source", FIELD_TEXT, W, "null")                             \
	X(F_JOINED, "joined_practice_date", FIELD_COMPUTED, 0, "null")                         \
	X(F_LAST_ENGAGEMENT, "last_engagement_date", FIELD_DATE, W, "null")                    \
	X(F_LAST_NAME, "last_name", FIELD_TEXT, W, "null")                                     \
	X(F_LEAD_SOURCE_OTHER, "lead_source_other", FIELD_TEXT, P, "null")                     \
	X(F_MASTER_SPONSOR, "master_record_sponsor", FIELD_TEXT, P, "null")                    \
	X(F_MEMBERSHIP_STATUS, "membership_status", FIELD_TEXT, P, "\"inactive\"")             \
	X(F_MIDDLE_NAME, "middle_name", FIELD_TEXT, W, "null")                                 \
	X(F_NAME, "name", FIELD_COMPUTED, 0, "null")                                           \
	X(F_AGREEMENT, "patient_agreement_accepted", FIELD_BOOL, W, "false")                   \
	X(F_AGREEMENT_AT, "patient_agreement_accepted_at", FIELD_TEXT, P, "null")              \
	X(F_LANGUAGE, "preferred_language", FIELD_TEXT, W, "\"en\"")                           \
	X(F_PRONOUNS, "pronouns", FIELD_TEXT, W, "null")                                       \
	X(F_PROVIDER_LINK, "provider_web_link", FIELD_COMPUTED, 0, "null")                     \
	X(F_SEX, "sex", FIELD_TEXT, W, "null")                                                 \
	X(F_SUFFIX, "suffix", FIELD_TEXT, W, "null")                                           \
	X(F_TERMS, "terms_accepted", FIELD_BOOL, P, "false")                                   \
	X(F_TERMS_AT, "terms_accepted_at", FIELD_TEXT, P, "null")                              \
	X(F_UPDATED_AT, "updated_at", FIELD_COMPUTED, 0, "null")                               \
	X(F_TOBACCO, "uses_tobacco", FIELD_BOOL, P, "false")                                   \
	X(F_ACCOUNT, "account", FIELD_COMPUTED, 0, "null")                                     \
	X(F_COMPANY, "company", FIELD_COMPUTED, 0, "null")                                     \
	X(F_EMERGENCY, "emergency_contact", FIELD_EMERGENCY, W, "null")                        \
	X(F_EXTERNAL_RECORDS, "external_records", FIELD_JSON, P, "[]")                         \
	X(F_KNOWN_PRACTICE, "known_practice", FIELD_JSON, P, "null")                           \
	X(F_LEAD_SOURCE, "lead_source", FIELD_LEAD_SOURCE, W, "null")                          \
	X(F_LOCATION, "location", FIELD_LOCATION, W, "null")                                   \
	X(F_LOCATION_GROUP, "location_group", FIELD_COMPUTED, 0, "null")                       \
	X(F_MEMBERSHIP_MEMBERS, "membership_members", FIELD_COMPUTED, 0, "[]")                 \
	X(F_MEMBERSHIPS, "memberships", FIELD_COMPUTED, 0, "[]")                               \
	X(F_MERGED_INTO, "merged_into", FIELD_JSON, P, "null")                                 \
	X(F_PHONES, "phones", FIELD_PHONES, W, "[]")                                           \
	X(F_PRACTITIONER, "practitioner", FIELD_PRACTITIONER, W, "null")                       \
	X(F_PRACTITIONER_GROUP, "practitioner_group", FIELD_COMPUTED, 0, "null")               \
	X(F_SPONSORSHIPS, "sponsorships", FIELD_JSON, P, "[]")                                 \
	X(F_SSN, "ssn", FIELD_SSN, W, "null")                                                  \
	X(F_ERROR_MESSAGE, "integration_error_message", FIELD_TEXT, W, "null")                 \
	X(F_LAST_SYNCED, "integration_last_synced_at", FIELD_TEXT, P, "null")                  \
	X(F_RECORD_ID, "integration_record_id", FIELD_RECORD_ID, W, "null")                    \
	X(F_SYNC_STATUS, "integration_sync_status", FIELD_COMPUTED, 0, "\"enabled\"")          \
	X(F_WEB_LINK, "integration_web_link", FIELD_TEXT, W, "null")                           \
	X(F_EMAIL_MARKETING, "email_marketing_authorization", FIELD_JSON, P, "null")           \
	X(F_ACCOUNT_NAME, "account_name", FIELD_HIDDEN, P, "null")                             \
	X(F_PAST_DUE, "past_due_in_cents", FIELD_HIDDEN, P, "0")                               \
	X(F_COMPANY_NAME, "company_name", FIELD_HIDDEN, P, "null")

#define FIELD_ENUM_ROW(field, name, kind, may, fallback) field,
enum field { FIELD_LIST(FIELD_ENUM_ROW) FIELD_COUNT };
#undef FIELD_ENUM_ROW

struct field_row {
	struct str name;
	struct str fallback; /* JSON text of "not set" */
	struct str lead;     /* "name": as written in front of the value */
	enum field_kind kind;
	unsigned may;
};

extern const struct field_row field_rows[FIELD_COUNT];
/* FIELD_COUNT: no such member. */
enum field field_of(struct str name);

#undef W
#undef P

#endif
