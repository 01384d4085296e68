/* places: streets, cities with their state and ZIP prefix, states, mail domains, payers, employers. */
#include "sandbox/people/tables.h"

static const char *const streets[] = {
	"Main",
	"Oak",
	"Maple",
	"Washington",
	"Cedar",
	"Pine",
	"Elm",
	"Lake",
	"Hill",
	"Park",
	"Walnut",
	"Spring",
	"Ridge",
	"Church",
	"Willow",
	"Mill",
	"Sunset",
	"Railroad",
	"Jefferson",
	"River",
	"Adams",
	"Lincoln",
	"Highland",
	"Jackson",
	"Madison",
	"Cherry",
	"Dogwood",
	"Franklin",
	"Hickory",
	"Meadow",
	"Forest",
	"Chestnut",
	"Birch",
	"Center",
	"Cottonwood",
	"Grove",
	"Harrison",
	"Fairview",
	"Valley View",
	"Country Club",
	"Martin Luther King Jr",
	"Old Post",
	"Cemetery",
	"King's",
	"San Pedro",
	"Camino Real",
	"Juniper",
	"Magnolia",
	"Peachtree",
	"Prospect",
	"Quarry",
	"Saddleback",
	"Sycamore",
	"Tamarack",
	"Vineyard",
	"Wagon Wheel",
	"Whispering Pines",
	"Yellowstone",
	"Zion",
	"Bluebird",
	"Canyon",
	"Eagle's Nest",
};
const struct words street_names = { streets, ARRAY_LEN(streets) };

static const char *const kinds[] = { "St", "Ave", "Rd", "Dr", "Ln", "Blvd", "Ct", "Way", "Pl", "Cir", "Ter", "Pkwy" };
const struct words street_kinds = { kinds, ARRAY_LEN(kinds) };

static const char *const domains[] = {
	"mail.example", "post.example", "inbox.example", "letters.example",
	"home.example", "work.example", "cable.example",
};
const struct words mail_domains = { domains, ARRAY_LEN(domains) };

static const char *const employers[] = {
	"Treasure Valley Foods", "Northgate Logistics", "Cedar Creek School District", "Blue Mesa Mining",
	"Harbor Light Hotels",   "Sagebrush Software",  "Pioneer Seed & Feed",         "City of Larkspur",
};
const struct words companies = { employers, ARRAY_LEN(employers) };

const struct city cities[] = {
	{ "Boise", "ID", "837", "371" },
	{ "Meridian", "ID", "836", "371" },
	{ "Nampa", "ID", "836", "371" },
	{ "Portland", "OR", "972", "372" },
	{ "Eugene", "OR", "974", "372" },
	{ "Salem", "OR", "973", "372" },
	{ "Seattle", "WA", "981", "373" },
	{ "Spokane", "WA", "992", "373" },
	{ "Tacoma", "WA", "984", "373" },
	{ "Denver", "CO", "802", "374" },
	{ "Colorado Springs", "CO", "809", "374" },
	{ "Fort Collins", "CO", "805", "374" },
	{ "Los Angeles", "CA", "900", "375" },
	{ "San Diego", "CA", "921", "375" },
	{ "Fresno", "CA", "937", "375" },
	{ "Sacramento", "CA", "958", "375" },
	{ "Oakland", "CA", "946", "375" },
	{ "Phoenix", "AZ", "850", "376" },
	{ "Tucson", "AZ", "857", "376" },
	{ "Austin", "TX", "787", "377" },
	{ "Houston", "TX", "770", "377" },
	{ "Dallas", "TX", "752", "377" },
	{ "El Paso", "TX", "799", "377" },
	{ "San Antonio", "TX", "782", "377" },
	{ "Chicago", "IL", "606", "371" },
	{ "Springfield", "IL", "627", "371" },
	{ "Minneapolis", "MN", "554", "372" },
	{ "Saint Paul", "MN", "551", "372" },
	{ "Duluth", "MN", "558", "372" },
	{ "Des Moines", "IA", "503", "373" },
	{ "Omaha", "NE", "681", "373" },
	{ "Kansas City", "MO", "641", "374" },
	{ "St. Louis", "MO", "631", "374" },
	{ "Nashville", "TN", "372", "375" },
	{ "Memphis", "TN", "381", "375" },
	{ "Atlanta", "GA", "303", "376" },
	{ "Savannah", "GA", "314", "376" },
	{ "Miami", "FL", "331", "377" },
	{ "Orlando", "FL", "328", "377" },
	{ "Tampa", "FL", "336", "377" },
	{ "Charlotte", "NC", "282", "371" },
	{ "Raleigh", "NC", "276", "371" },
	{ "Richmond", "VA", "232", "372" },
	{ "Norfolk", "VA", "235", "372" },
	{ "Washington", "DC", "200", "373" },
	{ "Baltimore", "MD", "212", "373" },
	{ "Philadelphia", "PA", "191", "374" },
	{ "Pittsburgh", "PA", "152", "374" },
	{ "Newark", "NJ", "071", "375" },
	{ "New York", "NY", "100", "375" },
	{ "Buffalo", "NY", "142", "375" },
	{ "Albany", "NY", "122", "375" },
	{ "Hartford", "CT", "061", "376" },
	{ "Boston", "MA", "021", "376" },
	{ "Worcester", "MA", "016", "376" },
	{ "Providence", "RI", "029", "377" },
	{ "Portland", "ME", "041", "377" },
	{ "Burlington", "VT", "054", "371" },
	{ "Detroit", "MI", "482", "372" },
	{ "Grand Rapids", "MI", "495", "372" },
	{ "Columbus", "OH", "432", "373" },
	{ "Cleveland", "OH", "441", "373" },
	{ "Indianapolis", "IN", "462", "374" },
	{ "Milwaukee", "WI", "532", "375" },
	{ "Madison", "WI", "537", "375" },
	{ "Albuquerque", "NM", "871", "376" },
	{ "Santa Fe", "NM", "875", "376" },
	{ "Salt Lake City", "UT", "841", "377" },
	{ "Las Vegas", "NV", "891", "371" },
	{ "Honolulu", "HI", "968", "372" },
	{ "Anchorage", "AK", "995", "373" },
	{ "New Orleans", "LA", "701", "374" },
	{ "Birmingham", "AL", "352", "375" },
	{ "Jackson", "MS", "392", "376" },
	{ "Louisville", "KY", "402", "377" },
};
const size_t city_count = ARRAY_LEN(cities);

const struct payer payers[] = {
	{ "Blue Shield of the Rockies", "00039", "W" },
	{ "Evergreen Mutual Health", "61101", "EMH" },
	{ "Cascade Care Alliance", "00210", "CCA" },
	{ "Lone Star Benefit Trust", "87726", "LS" },
	{ "Prairie Health Plan", "04567", "PHP" },
	{ "Harbor Employees' Fund", "95378", "H" },
	{ "Medicare", "00882", "1EG4" },
	{ "State Medicaid", "07202", "MD" },
};
const size_t payer_count = ARRAY_LEN(payers);

static const char *const states[][2] = {
	{ "AL", "Alabama" },        { "AK", "Alaska" },        { "AZ", "Arizona" },
	{ "AR", "Arkansas" },       { "CA", "California" },    { "CO", "Colorado" },
	{ "CT", "Connecticut" },    { "DE", "Delaware" },      { "DC", "District of Columbia" },
	{ "FL", "Florida" },        { "GA", "Georgia" },       { "HI", "Hawaii" },
	{ "ID", "Idaho" },          { "IL", "Illinois" },      { "IN", "Indiana" },
	{ "IA", "Iowa" },           { "KS", "Kansas" },        { "KY", "Kentucky" },
	{ "LA", "Louisiana" },      { "ME", "Maine" },         { "MD", "Maryland" },
	{ "MA", "Massachusetts" },  { "MI", "Michigan" },      { "MN", "Minnesota" },
	{ "MS", "Mississippi" },    { "MO", "Missouri" },      { "MT", "Montana" },
	{ "NE", "Nebraska" },       { "NV", "Nevada" },        { "NH", "New Hampshire" },
	{ "NJ", "New Jersey" },     { "NM", "New Mexico" },    { "NY", "New York" },
	{ "NC", "North Carolina" }, { "ND", "North Dakota" },  { "OH", "Ohio" },
	{ "OK", "Oklahoma" },       { "OR", "Oregon" },        { "PA", "Pennsylvania" },
	{ "PR", "Puerto Rico" },    { "RI", "Rhode Island" },  { "SC", "South Carolina" },
	{ "SD", "South Dakota" },   { "TN", "Tennessee" },     { "TX", "Texas" },
	{ "UT", "Utah" },           { "VT", "Vermont" },       { "VA", "Virginia" },
	{ "WA", "Washington" },     { "WV", "West Virginia" }, { "WI", "Wisconsin" },
	{ "WY", "Wyoming" },
};

struct str state_code(struct str text)
{
	struct str wanted = str_trim(text);

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (str_eq_nocase(wanted, str_of(states[i][0])) || str_eq_nocase(wanted, str_of(states[i][1])))
			return str_of(states[i][0]);
	return text;
}

const char *state_name(struct str code)
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (str_eq_nocase(code, str_of(states[i][0])))
			return states[i][1];
	return NULL;
}
