/*
 * The standard fields with type, length and access as the vendor documents them. To add a field: one row. Order is the order
 * of describe.
 */
#include "sandbox/salesforce/schema.h"

#define F(api, text, kind, size, access, ...)                                                                 \
	{                                                                                                     \
		.name = api, .label = text, .type = TYPE_##kind, .length = size, .flags = access, __VA_ARGS__ \
	}
#define READ   0
#define WRITE  FIELD_WRITE
#define SWITCH (FIELD_WRITE | FIELD_REQUIRED | FIELD_DEFAULTED)
#define SYSTEM (FIELD_REQUIRED | FIELD_DEFAULTED)
#define CUSTOM (FIELD_WRITE | FIELD_CUSTOM)

const struct field schema_common[] = {
	F("Id", "Record ID", ID, 18, SYSTEM | FIELD_LOOKUP, .source = SOURCE_ID),
	F("IsDeleted", "Deleted", BOOLEAN, 0, SYSTEM, .source = SOURCE_DELETED),
	F("CreatedDate", "Created Date", DATETIME, 0, SYSTEM, .source = SOURCE_CREATED),
	F("CreatedById", "Created By ID", REFERENCE, 18, SYSTEM, .source = SOURCE_CREATED_BY, .reference_to = "User",
	  .relationship = "CreatedBy"),
	F("LastModifiedDate", "Last Modified Date", DATETIME, 0, SYSTEM, .source = SOURCE_MODIFIED),
	F("LastModifiedById", "Last Modified By ID", REFERENCE, 18, SYSTEM, .source = SOURCE_MODIFIED_BY,
	  .reference_to = "User", .relationship = "LastModifiedBy"),
	F("SystemModstamp", "System Modstamp", DATETIME, 0, SYSTEM, .source = SOURCE_MODIFIED),
};
const size_t schema_common_count = ARRAY_LEN(schema_common);

#define ADDRESS(kind, text, street, country)                                                                          \
	F(kind "Street", text " Street", TEXTAREA, street, WRITE, .compound = kind "Address"),                        \
	        F(kind "City", text " City", STRING, 40, WRITE, .compound = kind "Address"),                          \
	        F(kind "State", text " State/Province", STRING, 80, WRITE, .compound = kind "Address"),               \
	        F(kind "PostalCode", text " Zip/Postal Code", STRING, 20, WRITE, .compound = kind "Address"),         \
	        F(kind "Country", text " Country", STRING, country, WRITE, .compound = kind "Address"),               \
	        F(kind "Latitude", text " Latitude", DOUBLE, 0, WRITE, .compound = kind "Address", .precision = 18,   \
	          .scale = 15),                                                                                       \
	        F(kind "Longitude", text " Longitude", DOUBLE, 0, WRITE, .compound = kind "Address", .precision = 18, \
	          .scale = 15),                                                                                       \
	        F(kind "Address", text " Address", ADDRESS, 0, READ, .source = SOURCE_ADDRESS)

#define LEAD_SOURCES "Web|Phone Inquiry|Partner Referral|Purchased List|Other"

static const struct field contact_fields[] = {
	F("MasterRecordId", "Master Record ID", REFERENCE, 18, READ, .reference_to = "Contact",
	  .relationship = "MasterRecord"),
	F("AccountId", "Account ID", REFERENCE, 18, WRITE, .reference_to = "Account", .relationship = "Account"),
	F("LastName", "Last Name", STRING, 80, WRITE | FIELD_REQUIRED, .compound = "Name"),
	F("FirstName", "First Name", STRING, 40, WRITE, .compound = "Name"),
	F("Salutation", "Salutation", PICKLIST, 40, WRITE, .compound = "Name",
	  .picklist = "Mr.|Ms.|Mrs.|Dr.|Prof.|Mx."),
	F("MiddleName", "Middle Name", STRING, 40, WRITE, .compound = "Name"),
	F("Suffix", "Suffix", STRING, 40, WRITE, .compound = "Name"),
	F("Name", "Full Name", STRING, 121, FIELD_REQUIRED | FIELD_NAME, .source = SOURCE_PERSON_NAME),
	ADDRESS("Other", "Other", 255, 80),
	ADDRESS("Mailing", "Mailing", 255, 80),
	F("Phone", "Business Phone", PHONE, 40, WRITE),
	F("Fax", "Business Fax", PHONE, 40, WRITE),
	F("MobilePhone", "Mobile Phone", PHONE, 40, WRITE),
	F("HomePhone", "Home Phone", PHONE, 40, WRITE),
	F("OtherPhone", "Other Phone", PHONE, 40, WRITE),
	F("AssistantPhone", "Asst. Phone", PHONE, 40, WRITE),
	F("ReportsToId", "Reports To ID", REFERENCE, 18, WRITE, .reference_to = "Contact", .relationship = "ReportsTo"),
	F("Email", "Email", EMAIL, 80, WRITE | FIELD_LOOKUP),
	F("Title", "Title", STRING, 128, WRITE),
	F("Department", "Department", STRING, 80, WRITE),
	F("AssistantName", "Assistant's Name", STRING, 40, WRITE),
	F("LeadSource", "Lead Source", PICKLIST, 255, WRITE, .picklist = LEAD_SOURCES),
	F("Birthdate", "Birthdate", DATE, 0, WRITE),
	F("Description", "Contact Description", TEXTAREA, 32000, WRITE),
	F("OwnerId", "Owner ID", REFERENCE, 18, WRITE | FIELD_REQUIRED | FIELD_DEFAULTED, .reference_to = "User",
	  .relationship = "Owner"),
	F("HasOptedOutOfEmail", "Email Opt Out", BOOLEAN, 0, SWITCH),
	F("HasOptedOutOfFax", "Fax Opt Out", BOOLEAN, 0, SWITCH),
	F("DoNotCall", "Do Not Call", BOOLEAN, 0, SWITCH),
	F("LastActivityDate", "Last Activity", DATE, 0, READ),
	F("EmailBouncedReason", "Email Bounced Reason", STRING, 255, READ),
	F("EmailBouncedDate", "Email Bounced Date", DATETIME, 0, READ),
	F("IndividualId", "Individual ID", REFERENCE, 18, READ, .reference_to = "Individual",
	  .relationship = "Individual"),
	F("Pronouns", "Pronouns", PICKLIST, 255, WRITE | FIELD_RESTRICTED,
	  .picklist = "He/Him|She/Her|They/Them|He/They|She/They|Not Listed"),
	F("GenderIdentity", "Gender Identity", PICKLIST, 255, WRITE | FIELD_RESTRICTED,
	  .picklist = "Male|Female|Nonbinary|Not Listed"),
};

/* What the Suture package brings along. */
static const struct field contact_custom[] = {
	F("Hint_Patient_Id__c", "Hint Patient Id", STRING, 64,
	  CUSTOM | FIELD_EXTERNAL | FIELD_UNIQUE | FIELD_CASE | FIELD_LOOKUP),
	F("Synced_to_Hint__c", "Synced to Hint", BOOLEAN, 0, SWITCH | FIELD_CUSTOM),
	F("Last_Hint_Sync__c", "Last Hint Sync", DATETIME, 0, CUSTOM),
	F("Last_Batch_Sync_Id__c", "Last Batch Sync Id", STRING, 64, CUSTOM),
	F("Gender__c", "Gender", STRING, 40, CUSTOM),
	F("Practitioner_Name__c", "Practitioner Name", STRING, 255, CUSTOM),
	F("Insurance_Payer__c", "Insurance Payer", STRING, 255, CUSTOM),
	F("Insurance_Group_Id__c", "Insurance Group Id", STRING, 255, CUSTOM),
	F("Insurance_Member_Id__c", "Insurance Member Id", STRING, 255, CUSTOM),
	F("Member_Contract_Accepted__c", "Member Contract Accepted", BOOLEAN, 0, SWITCH | FIELD_CUSTOM),
	F("Member_Contract_Accepted_At__c", "Member Contract Accepted At", DATETIME, 0, CUSTOM),
	F("HIPAA_Authorization_Accepted__c", "HIPAA Authorization Accepted", BOOLEAN, 0, SWITCH | FIELD_CUSTOM),
	F("HIPAA_Authorization_Accepted_At__c", "HIPAA Authorization Accepted At", DATETIME, 0, CUSTOM),
	F("Suture_Status__c", "Suture Status", STRING, 255, CUSTOM),
	F("Suture_Reason__c", "Suture Reason", STRING, 255, CUSTOM),
	F("Suture_Web_Link__c", "Suture Web Link", URL, 255, CUSTOM),
};

static const struct field account_fields[] = {
	F("MasterRecordId", "Master Record ID", REFERENCE, 18, READ, .reference_to = "Account",
	  .relationship = "MasterRecord"),
	F("Name", "Account Name", STRING, 255, WRITE | FIELD_REQUIRED | FIELD_NAME),
	F("Type", "Account Type", PICKLIST, 255, WRITE, .picklist = "Prospect|Customer - Direct|Household|Other"),
	F("ParentId", "Parent Account ID", REFERENCE, 18, WRITE, .reference_to = "Account", .relationship = "Parent"),
	ADDRESS("Billing", "Billing", 255, 80),
	ADDRESS("Shipping", "Shipping", 255, 80),
	F("Phone", "Account Phone", PHONE, 40, WRITE),
	F("Fax", "Account Fax", PHONE, 40, WRITE),
	F("AccountNumber", "Account Number", STRING, 40, WRITE),
	F("Website", "Website", URL, 255, WRITE),
	F("Industry", "Industry", PICKLIST, 255, WRITE, .picklist = "Healthcare|Insurance|Other"),
	F("NumberOfEmployees", "Employees", INT, 0, WRITE, .precision = 8),
	F("Description", "Account Description", TEXTAREA, 32000, WRITE),
	F("OwnerId", "Owner ID", REFERENCE, 18, WRITE | FIELD_REQUIRED | FIELD_DEFAULTED, .reference_to = "User",
	  .relationship = "Owner"),
};

static const struct field user_fields[] = {
	F("Username", "Username", STRING, 80, FIELD_REQUIRED | FIELD_LOOKUP),
	F("LastName", "Last Name", STRING, 80, FIELD_REQUIRED, .compound = "Name"),
	F("FirstName", "First Name", STRING, 40, READ, .compound = "Name"),
	F("Name", "Full Name", STRING, 121, FIELD_REQUIRED | FIELD_NAME, .source = SOURCE_PERSON_NAME),
	F("Email", "Email", EMAIL, 128, FIELD_REQUIRED | FIELD_LOOKUP),
	F("Alias", "Alias", STRING, 8, FIELD_REQUIRED),
	F("IsActive", "Active", BOOLEAN, 0, SYSTEM),
	F("UserType", "User Type", PICKLIST, 40, READ, .picklist = "Standard|AutomatedProcess"),
};

static const struct field organization_fields[] = {
	F("Name", "Name", STRING, 80, FIELD_REQUIRED | FIELD_NAME),
	F("InstanceName", "Instance Name", STRING, 5, READ),
	F("IsSandbox", "Is Sandbox", BOOLEAN, 0, SYSTEM),
	F("TrialExpirationDate", "Trial Expiration Date", DATETIME, 0, READ),
	F("NamespacePrefix", "Namespace Prefix", STRING, 15, READ),
	F("OrganizationType", "Edition", PICKLIST, 40, READ, .picklist = "Developer Edition|Enterprise Edition"),
	F("LanguageLocaleKey", "Language", STRING, 40, READ),
	F("TimeZoneSidKey", "Time Zone", STRING, 40, READ),
};

static const struct field record_type_fields[] = {
	F("Name", "Name", STRING, 80, FIELD_REQUIRED | FIELD_NAME),
	F("DeveloperName", "Record Type Name", STRING, 80, FIELD_REQUIRED),
	F("SobjectType", "SObject Type Name", STRING, 40, FIELD_REQUIRED),
	F("IsActive", "Active", BOOLEAN, 0, SYSTEM),
	F("IsPersonType", "Is Person Type", BOOLEAN, 0, SYSTEM),
};

#define OBJECT(api, text, many, key, write, list, ...)                                                        \
	{                                                                                                     \
		.name = api, .label = text, .plural = many, .prefix = key, .writable = write, .fields = list, \
		.field_count = ARRAY_LEN(list), __VA_ARGS__                                                   \
	}

const struct schema_object schema_objects[] = {
	OBJECT("Account", "Account", "Accounts", "001", true, account_fields, .custom = NULL),
	OBJECT("Contact", "Contact", "Contacts", "003", true, contact_fields, .custom = contact_custom,
	       .custom_count = ARRAY_LEN(contact_custom)),
	OBJECT("Organization", "Organization", "Organizations", "00D", false, organization_fields, .custom = NULL),
	OBJECT("RecordType", "Record Type", "Record Types", "012", false, record_type_fields, .custom = NULL),
	OBJECT("User", "User", "Users", "005", false, user_fields, .custom = NULL),
};
const size_t schema_object_count = ARRAY_LEN(schema_objects);
