#include "sandbox/niko/model.h"

#define SHAPE(table)                                        \
	{                                                   \
		.members = table, .count = ARRAY_LEN(table) \
	}

/* Enumerations: only one or two values of each are known (API notes 5.1, "sample"); the others are assumed. */
#define GENDERS       "Male|Female|Unknown"
#define PREFIXES      "Mr|Mrs|Ms|Miss|Mx|Dr"
#define MARITAL       "Single|Married|Divorced|Widowed|Separated|Unknown"
#define STATUSES      "Active|Hold|Inactive"
#define REASONS       "InsuranceExpired|Deceased|Moved|NoLongerNeeded|Other"
#define CONTACT_TYPES "Home|Mobile|Work|Fax|Email"
#define CALL_TIMES    "Morning|Afternoon|Evening|Anytime"
#define RELATIONS     "Self|Spouse|Child|Parent|Sibling|Friend|Guardian|Other"
#define ORDER_TYPES   "Sales|PointOfSale|Resupply"
#define ORDER_STATES  "New|Hold|In Progress|Completed|Cancelled"
#define TASK_STATES   "Open|In Progress|Completed"

static const struct member person_name_members[] = {
	{ .name = "FirstName" },
	{ .name = "LastName" },
	{ .name = "MiddleName" },
};
static const struct shape person_name = SHAPE(person_name_members);

static const struct member needed_name_members[] = {
	{ .name = "FirstName", .flags = NEEDED },
	{ .name = "LastName", .flags = NEEDED },
	{ .name = "MiddleName" },
};
static const struct shape needed_name = SHAPE(needed_name_members);

static const struct member address_members[] = {
	{ .name = "AddressLine" },
	{ .name = "AddressLine2" },
	{ .name = "City" },
	{ .name = "State" }, /* cut to 2 after verification, which knows long names: rewrite.c */
	{ .name = "Zip", .flags = CUT_TO_5 },
};
static const struct shape address = SHAPE(address_members);

static const struct member contact_members[] = {
	{ .name = "Type", .kind = M_WORD, .words = CONTACT_TYPES, .flags = NEEDED },
	{ .name = "Value" }, /* digits only unless it is an e-mail: rewrite.c */
	{ .name = "Ext" },
};
static const struct shape contact = SHAPE(contact_members);

static const struct member general_members[] = {
	{ .name = "Name", .kind = M_PART, .shape = &needed_name },
	{ .name = "DateOfBirth", .kind = M_DATE, .flags = NEEDED },
	{ .name = "Gender", .kind = M_WORD, .words = GENDERS, .flags = NEEDED },
	{ .name = "Prefix", .kind = M_WORD, .words = PREFIXES },
	{ .name = "Weight", .kind = M_WHOLE },
	{ .name = "Height", .kind = M_WHOLE },
	{ .name = "Ssn", .flags = DIGITS },
	{ .name = "NickName" },
	{ .name = "MaritalStatus", .kind = M_WORD, .words = MARITAL },
};
static const struct shape general = SHAPE(general_members);

static const struct member status_members[] = {
	{ .name = "Status", .kind = M_WORD, .words = STATUSES, .blank = "Active" },
	{ .name = "DcDate", .kind = M_DATE },
	{ .name = "InactiveStatus", .kind = M_WORD, .words = REASONS },
	{ .name = "InactiveStatusText" },
};
static const struct shape status = SHAPE(status_members);

static const struct member addresses_members[] = {
	{ .name = "Patient", .kind = M_PART, .shape = &address },
	{ .name = "Delivery", .kind = M_PART, .shape = &address },
	{ .name = "SkipPatientAddressVerification", .kind = M_FLAG },
	{ .name = "SkipDeliveryAddressVerification", .kind = M_FLAG },
};
static const struct shape addresses = SHAPE(addresses_members);

static const struct member contacts_members[] = {
	{ .name = "Contacts", .kind = M_LIST, .shape = &contact },
	{ .name = "PreferredContactType", .kind = M_WORD, .words = CONTACT_TYPES },
	{ .name = "PreferredCallTime", .kind = M_WORD, .words = CALL_TIMES },
};
static const struct shape contacts = SHAPE(contacts_members);

static const struct member signature_members[] = {
	{ .name = "IsSigned", .kind = M_FLAG },
	{ .name = "SignedDate", .kind = M_DATE },
};
static const struct shape signature = SHAPE(signature_members);

static const struct member emergency_members[] = {
	{ .name = "Person", .kind = M_PART, .shape = &person_name },
	{ .name = "Relationship", .kind = M_WORD, .words = RELATIONS },
	{ .name = "RelationshipOther" },
	{ .name = "Address", .kind = M_PART, .shape = &address },
	{ .name = "Contacts", .kind = M_LIST, .shape = &contact },
};
static const struct shape emergency = SHAPE(emergency_members);

static const struct member employer_members[] = {
	{ .name = "Employer" },
	{ .name = "Address", .kind = M_PART, .shape = &address },
	{ .name = "Contacts", .kind = M_LIST, .shape = &contact },
};
static const struct shape employer = SHAPE(employer_members);

static const struct member responsible_members[] = {
	{ .name = "Person", .kind = M_PART, .shape = &person_name },
	{ .name = "Type", .kind = M_WORD, .words = RELATIONS },
	{ .name = "Address", .kind = M_PART, .shape = &address },
	{ .name = "Contacts", .kind = M_LIST, .shape = &contact },
};
static const struct shape responsible = SHAPE(responsible_members);

static const struct member release_members[] = {
	{ .name = "Name", .kind = M_PART, .shape = &person_name },
	{ .name = "RelationType", .kind = M_WORD, .words = RELATIONS },
	{ .name = "Email" },
	{ .name = "Phone", .flags = DIGITS },
};
static const struct shape release = SHAPE(release_members);

static const struct member tag_members[] = {
	{ .name = "Id", .kind = M_ID },
	{ .name = "Name" },
};
static const struct shape tag = SHAPE(tag_members);

static const struct member facility_members[] = {
	{ .name = "Id", .kind = M_ID },
	{ .name = "Address", .kind = M_PART, .shape = &address },
};
static const struct shape facility = SHAPE(facility_members);

static const struct member tax_members[] = {
	{ .name = "Enabled", .kind = M_FLAG },
	{ .name = "Note" },
};
static const struct shape tax = SHAPE(tax_members);

static const struct member patient_members[] = {
	{ .name = "Id", .kind = M_ID, .flags = SYSTEM },
	{ .name = "DisplayId", .flags = SYSTEM },
	{ .name = "General", .kind = M_PART, .shape = &general },
	{ .name = "Status", .kind = M_PART, .shape = &status },
	{ .name = "Addresses", .kind = M_PART, .shape = &addresses },
	{ .name = "Contacts", .kind = M_PART, .shape = &contacts },
	{ .name = "SignatureOnFile", .kind = M_PART, .shape = &signature },
	{ .name = "EmergencyContact", .kind = M_PART, .shape = &emergency, .flags = MAY_LACK },
	{ .name = "EmployerContact", .kind = M_PART, .shape = &employer, .flags = MAY_LACK },
	{ .name = "ResponsibleContact", .kind = M_PART, .shape = &responsible, .flags = MAY_LACK },
	{ .name = "MedicalReleaseInfo", .kind = M_LIST, .shape = &release },
	{ .name = "Location", .flags = SYSTEM },
	{ .name = "LocationId", .kind = M_ID, .flags = NEEDED },
	{ .name = "FacilityLocation", .kind = M_PART, .shape = &facility, .flags = MAY_LACK },
	{ .name = "Tags", .kind = M_LIST, .shape = &tag },
	{ .name = "TaxExemption", .kind = M_PART, .shape = &tax },
};
const struct shape patient_shape = SHAPE(patient_members);

static const struct member insurance_members[] = {
	{ .name = "Id", .kind = M_ID, .flags = SYSTEM },
	{ .name = "DisplayId", .flags = SYSTEM },
	{ .name = "Payer", .flags = SYSTEM },
	{ .name = "CreatedDate", .flags = SYSTEM },
	{ .name = "VerificationInfo", .flags = SYSTEM },
	{ .name = "PayerId", .kind = M_ID, .flags = NEEDED },
	{ .name = "PolicyNumber", .flags = NEEDED },
	{ .name = "PositionIndex", .kind = M_WHOLE },
	{ .name = "RelationshipToPatient", .kind = M_WORD, .words = RELATIONS },
	{ .name = "Status", .kind = M_WORD, .words = "Active|Inactive", .blank = "Active" },
};
const struct shape insurance_shape = SHAPE(insurance_members);

static const struct member order_members[] = {
	{ .name = "Id", .kind = M_ID, .flags = SYSTEM },
	{ .name = "DisplayId", .flags = SYSTEM },
	{ .name = "Type", .kind = M_WORD, .words = ORDER_TYPES, .blank = "Sales" },
	{ .name = "Status", .kind = M_WORD, .words = ORDER_STATES, .blank = "New" },
	{ .name = "PatientId", .kind = M_ID, .flags = NEEDED },
	{ .name = "LocationId", .kind = M_ID },
	{ .name = "CreatedDate", .kind = M_MOMENT },
};
const struct shape order_shape = SHAPE(order_members);

static const struct member task_members[] = {
	{ .name = "Id", .kind = M_ID, .flags = SYSTEM },
	{ .name = "Title", .flags = NEEDED },
	{ .name = "Status", .kind = M_WORD, .words = TASK_STATES, .blank = "Open" },
	{ .name = "PatientId", .kind = M_ID, .flags = NEEDED },
	{ .name = "AssignedTo" },
	{ .name = "DueDate", .kind = M_DATE },
	{ .name = "CreatedDate", .kind = M_MOMENT },
};
const struct shape task_shape = SHAPE(task_members);
